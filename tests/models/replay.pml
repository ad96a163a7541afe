/* Replaying dead letters against crashes, as a Spin model: people with a tool send letters back, or discard them; the
 * tool crashes, loses answers, is replaced while it still runs; workers execute what comes back; a ledger in another
 * process, which crashes too, says what is still owed. However they interleave: what is settled has a replay in the
 * source topic or was discarded; progress never goes backwards; and nothing is called closed that was not executed.
 *
 *   copies      letters that have a replay in the source topic
 *   log[]       the source topic: which letter each record replays
 *   committed   the workers' offset: everything below was executed, or became a dead letter of its own
 *   progress    the replay group's committed offset and map: the letters that are settled
 *   closed      the ledger group's: the letters of which nothing is owed
 *
 * Rules, removed by -D:
 *   NO_ACK      a letter is settled when its replay was sent, not when it was acknowledged
 *   NO_FENCE    the broker takes the commit of a tool that was replaced
 *   NO_WAY      a settled letter is closed at once
 *   NO_ORDER    the ledger asks for the end of the source topic before it looks at the progress
 *
 * With -DTRACE every step is printed, for tests/models/traces.cpp, which takes the shipped classes the same way.
 */
#ifdef TRACE
#define tell(words) printf(words)
#define tell1(words, a) printf(words, a)
#define tell2(words, a, b) printf(words, a, b)
#else
#define tell(words) skip
#define tell1(words, a) skip
#define tell2(words, a, b) skip
#endif
#define LETTERS 2
#define LOG 3
#define bit_of(l) (1 << (l))

byte copies = 0;
byte discarded = 0;
byte log[LOG];
byte end = 0;
byte committed = 0;
byte executed = 0;
byte progress = 0;

/* two tools */
byte held[2];        /* the generation in which it holds the group; 0: not at all */
byte generation = 0;
byte known[2];       /* letters that it holds to be settled */
byte sent[2];        /* without an answer */
byte air = 0;        /* replays that may still reach the broker */

/* the ledger */
byte seen = 0;       /* progress, when it looked */
byte until[LETTERS]; /* 1 + the end of the source topic; 0: not asked */
byte closed = 0;
byte asked = 0;      /* 1 + the end, asked beforehand */

byte l;

inline begin(t) {
    generation++;
    held[t] = generation;
    known[t] = progress;
    sent[t] = 0;
    tell1("begin %d\n", t)
}

inline send(t) {
    select(l : 0 .. 1);
    if
    :: !(known[t] & bit_of(l)) && !(sent[t] & bit_of(l)) ->
        if
        :: sent[t] = sent[t] | bit_of(l); air = air | bit_of(l);
#ifdef NO_ACK
            known[t] = known[t] | bit_of(l)
#endif
        :: discarded = discarded | bit_of(l); known[t] = known[t] | bit_of(l); tell2("settle %d %d\n", t, l)
        fi
    :: else -> skip
    fi
}

/* A replay reaches the broker, whose answer reaches the tools that wait for it or is lost; or it never arrives. */
inline arrive() {
    select(l : 0 .. 1);
    if
    :: (air & bit_of(l)) && end < LOG ->
        air = air & ~bit_of(l);
        log[end] = l;
        end++;
        tell1("written %d\n", l);
        copies = copies | bit_of(l);
        if
        :: (sent[0] & bit_of(l)) -> sent[0] = sent[0] & ~bit_of(l); known[0] = known[0] | bit_of(l); tell2("settle %d %d\n", 0, l)
        :: (sent[1] & bit_of(l)) -> sent[1] = sent[1] & ~bit_of(l); known[1] = known[1] | bit_of(l); tell2("settle %d %d\n", 1, l)
        :: sent[0] = sent[0] & ~bit_of(l); sent[1] = sent[1] & ~bit_of(l)
        fi
    :: (air & bit_of(l)) ->
        air = air & ~bit_of(l);
        sent[0] = sent[0] & ~bit_of(l);
        sent[1] = sent[1] & ~bit_of(l)
    :: else -> skip
    fi
}

inline commit(t) {
    assert((progress & ~known[t]) == 0); /* never backwards */
    progress = known[t];
    tell2("commit %d %d\n", t, progress);
    assert((progress & ~(copies | discarded)) == 0) /* settled: it is on its way, or given up on the record */
}

inline look() {
#ifdef NO_WAY
    closed = closed | progress;
#endif
#ifdef NO_ORDER
    seen = progress;
    l = 0;
    do
    :: l < LETTERS ->
        if
        :: (seen & bit_of(l)) && !until[l] -> until[l] = asked
        :: else -> skip
        fi;
        l++
    :: else -> break
    od
#else
    seen = progress;
    tell("look\n")
#endif
}

inline ask_ends() {
#ifdef NO_ORDER
    asked = end + 1
#else
    tell("ask\n");
    l = 0;
    do
    :: l < LETTERS ->
        if
        :: (seen & bit_of(l)) && !until[l] -> until[l] = end + 1
        :: else -> skip
        fi;
        l++
    :: else -> break
    od
#endif
}

inline close_what_came_through() {
    l = 0;
    do
    :: l < LETTERS ->
        if
        :: until[l] && committed >= until[l] - 1 -> closed = closed | bit_of(l)
        :: else -> skip
        fi;
        l++
    :: else -> break
    od;
    tell1("close %d\n", closed)
}

inline step(t) {
    if
    :: generation < 3 -> begin(t)
    :: held[t] -> send(t)
#ifndef NO_FENCE
    :: held[t] && held[t] == generation -> commit(t)
#else
    :: held[t] -> commit(t)
#endif
    :: held[t] -> held[t] = 0; known[t] = 0; sent[t] = 0; tell1("crash %d\n", t)
    fi
}

active proctype world() {
end_state:
    do
    :: atomic { step(0) }
    :: atomic { step(1) }
    :: atomic { air -> arrive() }
    :: atomic { committed < end -> executed = executed | bit_of(log[committed]); committed++; tell1("worked %d\n", committed) }
    :: atomic { look(); assert((closed & ~(executed | discarded)) == 0) }
    :: atomic { ask_ends() }
    :: atomic { close_what_came_through(); assert((closed & ~(executed | discarded)) == 0) }
    :: atomic { seen = 0; until[0] = 0; until[1] = 0; asked = 0; tell("forget\n") } /* the ledger's process ends */
    od
}

/* The event contract of schemas/README.md as a Spin model: with its three rules, repeats, late attempts, dead
 * letters and replays leave the right token; with any one rule removed, Spin finds how they do not.
 *
 *   stored       the value that Apple holds for the person; 0: none
 *   air[f][t]    an attempt "replace f by t" (t = 0: delete f) that was given up as lost and may still land
 *   events       1: update to v2, 2: update to v3, 3: delete; -DEVENTS=2 leaves the delete out
 *
 * Rules, removed by -D:
 *   NO_RULE_1    an event names the newest value only, not every value that may still be stored
 *   NO_RULE_2    values are reused: the second update goes back to v1
 *   NO_RULE_3    the commands of an event run newest value first
 */
#define VALUES 5 /* 0 is none */
#define ATTEMPTS 2
#ifndef EVENTS
#define EVENTS 3
#endif

#ifdef NO_RULE_2
#define THIRD 1
#else
#define THIRD 3
#endif
#if EVENTS == 2
#define EXPECTED THIRD
#else
#define EXPECTED 0
#endif

byte stored = 1;
bit air[25]; /* from * VALUES + to */
byte in_the_air = 0;
bit owed[4]; /* event k is an open dead letter */
bit done = 0;

/* What Apple does with one request. A value that is not stored: 404, nothing changes. */
inline execute(from, to) {
    if
    :: stored == from -> stored = to
    :: else -> skip
    fi
}

/* One command: attempts that are answered, answered into the void, or stay in the air. The last one may fail
 * too: then the event is a dead letter. `certain`: a replay that is repeated until it is answered. */
inline command(event, from, to, certain) {
    attempt = 0;
    do
    :: true ->
        atomic { execute(from, to) } /* answered */
        break
    :: attempt < ATTEMPTS ->
        atomic { execute(from, to) } /* executed, the answer is lost: repeated */
        attempt++
    :: attempt < ATTEMPTS && !air[from * VALUES + to] ->
        atomic { air[from * VALUES + to] = 1; in_the_air++ } /* may land later */
        attempt++
    :: attempt == ATTEMPTS && !certain -> owed[event] = 1; break
    od
}

inline target_of(event) {
    if
    :: event == 1 -> to = 2
    :: event == 2 -> to = THIRD
    :: event == 3 -> to = 0
    fi
}

/* The values before the event, oldest first: v1 .. v(event). */
inline commands_of(event, certain) {
    target_of(event);
#ifdef NO_RULE_1
    command(event, event, to, certain)
#else
#ifdef NO_RULE_3
    value = event;
    do
    :: value >= 1 -> if :: value != to -> command(event, value, to, certain) :: else -> skip fi; value--
    :: else -> break
    od
#else
    value = 1;
    do
    :: value <= event -> if :: value != to -> command(event, value, to, certain) :: else -> skip fi; value++
    :: else -> break
    od
#endif
#endif
}

active proctype worker() {
    byte next = 1, attempt, value, to, again;
    do
    :: next <= EVENTS ->
        commands_of(next, 0);
        next++
    :: next > 1 && owed[1] -> owed[1] = 0; commands_of(1, 0) /* a replay while newer events go on */
    :: next > 2 && owed[2] -> owed[2] = 0; commands_of(2, 0)
    :: next > EVENTS -> break
    od;
    /* Whatever was done is done once more, as after a crash; what is owed is replayed until it is answered. */
    if
    :: commands_of(1, 1)
    :: commands_of(2, 1)
    :: skip
    fi;
    again = 1;
    do
    :: again <= EVENTS ->
        if
        :: owed[again] -> owed[again] = 0; commands_of(again, 1)
        :: else -> skip
        fi;
        again++
    :: else -> break
    od;
    in_the_air == 0; /* all late attempts landed or were lost for good */
    assert(stored == EXPECTED);
    done = 1
}

active proctype network() {
    byte from, to;
    do
    :: done -> break
    :: in_the_air > 0 ->
        atomic {
            select(from : 1 .. 4);
            select(to : 0 .. 4);
            if
            :: air[from * VALUES + to] ->
                air[from * VALUES + to] = 0;
                in_the_air--;
                if
                :: execute(from, to) /* lands late */
                :: skip              /* never arrives */
                fi
            :: else -> skip
            fi
        }
    od
}

/* Who may commit what, as a Spin model: two workers take turns in owning one partition, execute its records out of
 * order, crash, come back as zombies; an operator resets the offset once. However they interleave, nothing that was
 * not executed is ever committed past or claimed by an offset map, and commits never go backwards.
 *
 *   finished     records that were executed, whoever knows it
 *   known[w]     what worker w holds to be finished: from the commit it started at, and from its own answers
 *   off, map     the broker's commit: the next offset, and which of the records from there on are finished
 *   bound        the offset that the map was made for (the checksum in its text)
 *
 * Rules, removed by -D:
 *   NO_CONTIGUITY   commit behind the last finished record instead of before the first unfinished one
 *   NO_KNOWLEDGE    the map claims what is in flight
 *   NO_FENCE        the broker takes the commit of an ownership that is over
 *   NO_EPOCH        an answer to an earlier ownership's request is taken for the present one's
 *   NO_CHECKSUM     a map is used with whatever offset stands beside it
 *
 * With -DTRACE every step is printed, for tests/models/traces.cpp, which takes the shipped engine the same way.
 */
#ifdef TRACE
/* Long runs with few crashes, where the search is short and complete: r is the last record that was chosen. */
#define GENERATIONS 12
#define may_begin(w) (generation == 0 || (owned[w] == 0 && owned[1 - w] == 0) || r == 1)
#define MAY_CRASH (r == 2 && generation > 2)
#define tell1(words, a) printf(words, a)
#define tell2(words, a, b) printf(words, a, b)
#define tell3(words, a, b, c) printf(words, a, b, c)
#else
#define GENERATIONS 3
#define may_begin(w) true
#define MAY_CRASH true
#define tell1(words, a) skip
#define tell2(words, a, b) skip
#define tell3(words, a, b, c) skip
#endif
#define RECORDS 3
#define ALL 7
#define bit_of(r) (1 << (r))
#define below(r) ((1 << (r)) - 1)

byte finished = 0;
byte known[2];
byte flying[2];     /* of the present ownership */
byte wandering[2];  /* requests of an earlier one, not answered yet: nobody has executed them so far */
byte owned[2];      /* the generation in which w owns the partition; 0: not at all */
byte generation = 0;
byte off = 0;
byte map = 0; /* relative to off: bit 0 is the record at off */
byte bound = 0;
bit reset_done = 0;

byte next;
byte r;

inline first_unknown(w) {
    next = 0;
    do
    :: next < RECORDS && (known[w] & bit_of(next)) -> next++
    :: else -> break
    od
}
inline behind_the_last_known(w) {
    next = RECORDS;
    do
    :: next > 0 && !(known[w] & bit_of(next - 1)) -> next--
    :: else -> break
    od
}

/* The partition goes to w: it begins where the last commit ended and believes its map. */
inline assign(w) {
    generation++;
    owned[w] = generation;
    wandering[w] = wandering[w] | flying[w];
    flying[w] = 0;
    known[w] = below(off);
#ifndef NO_CHECKSUM
    if
    :: bound == off -> known[w] = (known[w] | (map << off)) & ALL
    :: else -> skip
    fi;
#else
    known[w] = (known[w] | (map << off)) & ALL;
#endif
    tell1("assign %d\n", w);
    assert((known[w] & ~finished) == 0) /* whatever it will never execute was executed */
}

inline commit(w) {
#ifndef NO_CONTIGUITY
    first_unknown(w);
#else
    behind_the_last_known(w);
#endif
    assert(next >= off || reset_done);
    off = next;
    bound = off;
#ifndef NO_KNOWLEDGE
    map = known[w] >> off;
#else
    map = (known[w] | flying[w]) >> off;
#endif
    tell3("commit %d %d %d\n", w, off, map);
    assert((below(off) & ~finished) == 0);
    assert((((map << off) & ALL) & ~finished) == 0)
}

inline step(w) {
    if
    :: generation < GENERATIONS && may_begin(w) -> assign(w)
    :: owned[w] ->
        select(r : 0 .. 2);
        if
        :: !(known[w] & bit_of(r)) && !(flying[w] & bit_of(r)) -> flying[w] = flying[w] | bit_of(r)
        :: else -> skip
        fi
    :: flying[w] ->
        select(r : 0 .. 2);
        if
        :: flying[w] & bit_of(r) ->
            flying[w] = flying[w] & ~bit_of(r);
            if
            :: finished = finished | bit_of(r); known[w] = known[w] | bit_of(r); tell2("answered %d %d\n", w, r)
            :: finished = finished | bit_of(r); tell2("unheard %d %d\n", w, r) /* the answer is lost */
            :: skip                                                              /* the request is lost */
            fi
        :: else -> skip
        fi
    :: wandering[w] ->
        select(r : 0 .. 2);
        if
        :: wandering[w] & bit_of(r) ->
            wandering[w] = wandering[w] & ~bit_of(r);
            if
            :: finished = finished | bit_of(r); tell2("late %d %d\n", w, r)
            :: skip
            fi;
#ifdef NO_EPOCH
            /* "ended" is all that is looked at: what it meant belongs to a record that is gone */
            known[w] = known[w] | bit_of(r)
#endif
        :: else -> skip
        fi
#ifndef NO_FENCE
    :: owned[w] && owned[w] == generation -> commit(w)
#else
    :: owned[w] -> commit(w)
#endif
    :: owned[w] && MAY_CRASH -> owned[w] = 0; known[w] = 0; flying[w] = 0; wandering[w] = 0; tell1("crash %d\n", w)
    fi
}

/* An operator sets the offset by hand; the metadata stays as it was. */
inline operator_resets() {
    reset_done = 1;
    select(r : 0 .. 2);
    if
    :: r <= off -> off = r; tell1("reset %d\n", r)
    :: else -> skip
    fi
}

active proctype world() {
end:
    do
    :: atomic { step(0) }
    :: atomic { step(1) }
    :: atomic { !reset_done && generation < GENERATIONS -> operator_resets() }
    od
}

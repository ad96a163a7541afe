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
 *
 * And one of the worker's: a replay runs the first command that is owed and all behind it, also those that had ended,
 * since an older event that is replayed meanwhile may have stored what they remove. Removed by
 *   NO_RULE_4    a replay runs only what is owed
 */
#define VALUES 5 /* 0 is none */
#ifndef ATTEMPTS
#define ATTEMPTS 2
#endif
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
byte owed[4]; /* of event k, in a dead letter: the oldest value whose command failed; 0: nothing */
#ifdef NO_RULE_4
byte failed[4]; /* all of them, a bit each */
#define fail(event, from) failed[event] = failed[event] | (1 << from)
#define runs(value) (!only || (only & (1 << value)))
#define again_only(event) only = failed[event]; failed[event] = 0
#else
#define fail(event, from) skip
#define runs(value) (value >= only)
#ifdef NO_RULE_3
#define again_only(event) only = 0
#else
#define again_only(event) only = owed[event]
#endif
#endif
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
    :: attempt == ATTEMPTS && !certain -> if :: !owed[event] -> owed[event] = from :: else -> skip fi; fail(event, from); break
    od
}

inline target_of(event) {
    if
    :: event == 1 -> to = 2
    :: event == 2 -> to = THIRD
    :: event == 3 -> to = 0
    fi
}

/* The values before the event, oldest first: v1 .. v(event); of a replay those that `only` says. */
inline commands_of(event, certain) {
    target_of(event);
#ifdef NO_RULE_1
    command(event, event, to, certain)
#else
#ifdef NO_RULE_3
    value = event;
    do
    :: value >= 1 -> if :: value != to && runs(value) -> command(event, value, to, certain) :: else -> skip fi; value--
    :: else -> break
    od
#else
    value = 1;
    do
    :: value <= event -> if :: value != to && runs(value) -> command(event, value, to, certain) :: else -> skip fi; value++
    :: else -> break
    od
#endif
#endif
}

active proctype worker() {
    byte next = 1, attempt, value, to, again, only = 0;
    do
    :: next <= EVENTS ->
        commands_of(next, 0);
        next++
    :: next > 1 && owed[1] -> again_only(1); owed[1] = 0; commands_of(1, 0); only = 0 /* a replay while newer events go on */
    :: next > 2 && owed[2] -> again_only(2); owed[2] = 0; commands_of(2, 0); only = 0
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
        :: owed[again] -> again_only(again); owed[again] = 0; commands_of(again, 1); only = 0
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

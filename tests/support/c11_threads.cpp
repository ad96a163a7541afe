// ThreadSanitizer knows pthreads, not C11's threads: a thread that Debian's librdkafka starts with
// thrd_create() has no shadow state and crashes. These map the C11 calls that it makes to pthreads, which
// glibc's own do too. Only in programs built with -fsanitize=thread; the linker lets the program's symbols
// win.
#include <pthread.h>
#include <threads.h>

#include <cerrno>
#include <cstdint>

static_assert(sizeof(mtx_t) >= sizeof(pthread_mutex_t) && sizeof(cnd_t) >= sizeof(pthread_cond_t));

namespace {

struct Start {
    thrd_start_t function;
    void* argument;
};

void* run(void* start) {
    const Start own = *static_cast<Start*>(start);
    delete static_cast<Start*>(start);
    return reinterpret_cast<void*>(static_cast<std::intptr_t>(own.function(own.argument)));
}

int answer(int error) {
    return error == 0 ? thrd_success : error == ETIMEDOUT ? thrd_timedout : thrd_error;
}

pthread_mutex_t* of(mtx_t* mutex) {
    return reinterpret_cast<pthread_mutex_t*>(mutex);
}

pthread_cond_t* of(cnd_t* condition) {
    return reinterpret_cast<pthread_cond_t*>(condition);
}

}  // namespace

extern "C" {

int thrd_create(thrd_t* thread, thrd_start_t function, void* argument) {
    auto* const start = new Start{function, argument};
    const int error = pthread_create(thread, nullptr, run, start);
    if (error != 0) {
        delete start;
    }
    return answer(error);
}

int thrd_join(thrd_t thread, int* result) {
    void* ended = nullptr;
    const int error = pthread_join(thread, &ended);
    if (result != nullptr) {
        *result = static_cast<int>(reinterpret_cast<std::intptr_t>(ended));
    }
    return answer(error);
}

int mtx_init(mtx_t* mutex, int type) {
    pthread_mutexattr_t attributes;
    pthread_mutexattr_init(&attributes);
    const bool recursive = (static_cast<unsigned>(type) & static_cast<unsigned>(mtx_recursive)) != 0;
    pthread_mutexattr_settype(&attributes, recursive ? PTHREAD_MUTEX_RECURSIVE : PTHREAD_MUTEX_NORMAL);
    const int error = pthread_mutex_init(of(mutex), &attributes);
    pthread_mutexattr_destroy(&attributes);
    return answer(error);
}

void mtx_destroy(mtx_t* mutex) {
    pthread_mutex_destroy(of(mutex));
}
int mtx_lock(mtx_t* mutex) {
    return answer(pthread_mutex_lock(of(mutex)));
}
int mtx_unlock(mtx_t* mutex) {
    return answer(pthread_mutex_unlock(of(mutex)));
}

int cnd_init(cnd_t* condition) {
    return answer(pthread_cond_init(of(condition), nullptr));
}
void cnd_destroy(cnd_t* condition) {
    pthread_cond_destroy(of(condition));
}
int cnd_signal(cnd_t* condition) {
    return answer(pthread_cond_signal(of(condition)));
}
int cnd_broadcast(cnd_t* condition) {
    return answer(pthread_cond_broadcast(of(condition)));
}
int cnd_wait(cnd_t* condition, mtx_t* mutex) {
    return answer(pthread_cond_wait(of(condition), of(mutex)));
}
int cnd_timedwait(cnd_t* condition, mtx_t* mutex, const timespec* until) {
    return answer(pthread_cond_timedwait(of(condition), of(mutex), until));
}

}  // extern "C"

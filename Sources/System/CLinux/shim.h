#pragma once
// What the C library's module leaves out: epoll, timers and events as file descriptors, and what the kernel tells a new program.
#include <sys/auxv.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>

#ifdef __x86_64__
/// Whether the processor has what x86-64-v3 has beyond the first of its kind.
static inline int parley_has_avx2(void) {
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi2");
}
#endif

/// Has the processor fetch memory, which is going to be written, into its second cache, and does not wait for it.
static inline void parley_fetch(const void *start, long octets) {
    for (long offset = 0; offset < octets; offset += 64) __builtin_prefetch((const char *)start + offset, 1, 2);
}

#pragma once
// What the C library's module leaves out: epoll, timers and events as file descriptors.
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>

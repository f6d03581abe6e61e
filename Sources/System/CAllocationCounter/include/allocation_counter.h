#pragma once
#include <stdint.h>

/// Heap allocations of the whole process so far: calls of malloc, calloc, realloc and the aligned ones.
uint64_t parley_allocation_count(void);
/// Octets that the heap holds now, by the allocator's own account.
uint64_t parley_heap_octets(void);

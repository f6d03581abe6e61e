import Glibc

/// What callers say and press is in this process's memory, and is not to be on a disk when it crashes.
enum CoreDumps {
    /// From here on a crash leaves no image of the memory behind.
    static func switchOff() {
        var limit = rlimit(rlim_cur: 0, rlim_max: 0)
        _ = setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &limit)
    }
}

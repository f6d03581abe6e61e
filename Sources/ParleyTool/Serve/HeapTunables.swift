import CLinux
import Foundation
import Glibc

/// How glibc gets the memory of a service from the kernel.
///
/// By pages of 2 MiB: a thousand calls have more pages of 4 KiB than the processor can remember where they lie, and to look
/// it up again and again costs a tenth of all time. And long stretches always by themselves: the calls of a phase lie
/// behind each other and move when their room grows; left to itself glibc takes ever longer stretches from its heap, where
/// what the calls moved out of lies idle between what others hold, 8 KiB a call with a thousand of them.
///
/// glibc reads its tunables when a program begins.
enum HeapTunables {
    private static let variable = "GLIBC_TUNABLES"
    private static let tunables = "glibc.malloc.hugetlb=1:glibc.malloc.mmap_threshold=1048576"

    /// Begins the program anew with them: the same process, with the same arguments. Does nothing where the
    /// environment has tunables already, which are whoever set them's to decide, and where it cannot be done.
    static func use() {
        // A program that the system gives rights of its own, by capabilities of its file, is not given its tunables.
        guard getauxval(UInt(AT_SECURE)) == 0, getenv(variable) == nil,
            setenv(variable, tunables, 0) == 0
        else { return }
        // By its own name, which is what lists of processes show.
        guard let program = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe") else { return }
        var arguments = CommandLine.arguments.map { strdup($0) }
        arguments.append(nil)
        execv(program, arguments)
        for argument in arguments { free(argument) }
    }
}

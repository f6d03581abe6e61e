import CLinux
import Foundation
import Glibc

/// Memory by pages of 2 MiB.
///
/// A thousand calls have more pages of 4 KiB than the processor can remember where they lie, and to look it up again and
/// again costs a tenth of all time. glibc asks the kernel for large pages when its tunable says so, which it reads when a
/// program begins.
enum LargePages {
    private static let tunables = "GLIBC_TUNABLES"

    /// Begins the program anew with large pages: the same process, with the same arguments. Does nothing where the
    /// environment has tunables already, which are whoever set them's to decide, and where it cannot be done.
    static func use() {
        // A program that the system gives rights of its own, by capabilities of its file, is not given its tunables.
        guard getauxval(UInt(AT_SECURE)) == 0, getenv(tunables) == nil,
            setenv(tunables, "glibc.malloc.hugetlb=1", 0) == 0
        else { return }
        // By its own name, which is what lists of processes show.
        guard let program = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe") else { return }
        var arguments = CommandLine.arguments.map { strdup($0) }
        arguments.append(nil)
        execv(program, arguments)
        for argument in arguments { free(argument) }
    }
}

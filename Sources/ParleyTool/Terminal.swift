import Foundation

/// What a command says and where: results on standard output, everything else on standard error.
enum Terminal {
    /// Prints a line. When nobody reads on, as behind `head`, the command ends as one that SIGPIPE ended.
    static func print(_ line: String) {
        do {
            try FileHandle.standardOutput.write(contentsOf: Data((line + "\n").utf8))
        } catch {
            let isClosed = ((error as NSError).userInfo[NSUnderlyingErrorKey] as? NSError)?.code == Int(EPIPE)
            if !isClosed { explain("Error: the output cannot be written: \(error.localizedDescription)") }
            exit(isClosed ? 128 + SIGPIPE : EX_IOERR)
        }
    }

    /// Prints a line for people beside the output; when nobody can read it, it is lost.
    static func explain(_ line: String) { try? FileHandle.standardError.write(contentsOf: Data((line + "\n").utf8)) }
    static var standardErrorIsTerminal: Bool { isatty(STDERR_FILENO) == 1 }
}

/// A bar for long work, on a terminal; nothing in a pipe.
struct ProgressBar {
    private let total: Int
    private let isShown: Bool
    private var done = 0

    init(total: Int, isShown: Bool = Terminal.standardErrorIsTerminal) {
        self.total = total
        self.isShown = isShown && total > 1
    }

    mutating func advance(_ label: String) {
        done += 1
        guard isShown else { return }
        let width = 30
        let filled = total > 0 ? done * width / total : width
        let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: width - filled)
        write("\r\u{1B}[K\(bar) \(done)/\(total) \(label.prefix(40))")
    }

    func finish() { if isShown { write("\r\u{1B}[K") } }

    private func write(_ text: String) { try? FileHandle.standardError.write(contentsOf: Data(text.utf8)) }
}

import Foundation

/// Tells when files, or anything in folders, are others than before: by length and time of change, which is what a copy, an
/// editor and a mounted secret that is exchanged all leave behind.
struct FileWatch {
    private var paths: [String]
    private var known: [String: Stamp]
    /// What was seen last, when it is not what is known: it may still be written.
    private var seen: [String: Stamp]?

    private struct Stamp: Equatable {
        var length: Int
        var changedAt: Date
        var number: Int
    }

    init(_ paths: [String]) {
        self.paths = paths
        known = FileWatch.stamps(of: paths)
    }

    /// Looks at the files.
    ///
    /// - Returns: whether they are others than when this was last true, and have not changed since the look before.
    mutating func hasChanged() -> Bool {
        let now = FileWatch.stamps(of: paths)
        guard now != known else {
            seen = nil
            return false
        }
        guard now == seen else {
            seen = now
            return false
        }
        known = now
        seen = nil
        return true
    }

    /// These are looked at from now on.
    mutating func watch(_ new: [String]) {
        guard new != paths else { return }
        paths = new
        known = FileWatch.stamps(of: new)
        seen = nil
    }

    private static func stamps(of paths: [String]) -> [String: Stamp] {
        var stamps: [String: Stamp] = [:]
        for path in paths {
            add(path, to: &stamps)
            // A folder's own files, at any depth.
            for name in (try? FileManager.default.subpathsOfDirectory(atPath: path)) ?? [] {
                add(path + "/" + name, to: &stamps)
            }
        }
        return stamps
    }

    private static func add(_ path: String, to stamps: inout [String: Stamp]) {
        // Of what a link leads to, which is what is read.
        let place = URL(filePath: path).resolvingSymlinksInPath().path
        guard let attributes = try? FileManager.default.attributesOfItem(atPath: place) else { return }
        stamps[path] = Stamp(
            length: attributes[.size] as? Int ?? 0, changedAt: attributes[.modificationDate] as? Date ?? .distantPast,
            number: attributes[.systemFileNumber] as? Int ?? 0)
    }
}

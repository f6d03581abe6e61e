import Foundation

/// Data beside the repository, which is not part of it.
enum SharedData {
    /// A folder under `../shared`; `nil`, with a line that says so, when it is not there.
    static func folder(_ path: String) -> URL? {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let folder = root.deletingLastPathComponent().appending(path: "shared").appending(path: path)
        guard FileManager.default.fileExists(atPath: folder.path) else {
            print("note: ../shared/\(path) is absent; the tests over it check nothing")
            return nil
        }
        return folder
    }
}

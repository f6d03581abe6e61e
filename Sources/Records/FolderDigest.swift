import Crypto
import Foundation

/// A digest of the files that an agent is made of.
package enum FolderDigest {
    /// SHA-256 over the YAML files of a folder, names and contents, in hexadecimal digits; empty for a folder that cannot be
    /// read.
    package static func of(_ folder: String) -> String {
        let root = URL(filePath: folder)
        guard let walk = FileManager.default.enumerator(atPath: folder) else { return "" }
        var names: [String] = []
        while let name = walk.nextObject() as? String {
            if name.hasSuffix(".yml") || name.hasSuffix(".yaml") { names.append(name) }
        }
        var hash = SHA256()
        for name in names.sorted() {
            let content = (try? Data(contentsOf: root.appending(path: name))) ?? Data()
            hash.update(data: Data("\(name)\0\(content.count)\0".utf8))
            hash.update(data: content)
        }
        return hash.finalize().map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}

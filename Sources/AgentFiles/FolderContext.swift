import CallFlow
import Foundation
import Yams

/// What a topic's reader knows of the folder around it.
struct FolderContext {
    /// The folder, or `nil` for a document of no folder, which has no audio files.
    var folder: String?
    /// The endpoints of flows, by the flow's identifier.
    var flows: [String: FlowEndpoint] = [:]
    /// Documents of entities, by the name of their file.
    var entities: [String: Node] = [:]

    var entityNames: [String] { entities.keys.sorted() }

    /// An entity by its file's name, or as `agent.entity.Name`.
    func entity(named name: String) -> Node? {
        entities[name] ?? name.split(separator: ".").last.flatMap { entities[String($0)] }
    }

    func fileExists(_ path: String) -> Bool {
        guard let folder else { return false }
        return FileManager.default.fileExists(atPath: (folder as NSString).appendingPathComponent(path))
    }
}

/// There is a file of that path.
package func fileExists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }

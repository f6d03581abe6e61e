import Foundation
package import Records
import Telephony

/// Leaves each context as a vCon in a folder, for whoever picks files up. A file is there whole or not at all, under the
/// vCon's UUID: a second attempt writes the same file.
package struct FolderConnector: DeliveryDestination {
    package let name: String
    package let moments: [CallMoment] = [.ended]
    private let folder: String

    package init(name: String, folder: String) {
        self.name = name
        self.folder = folder
    }

    package func deliver(_ record: CallRecord, _ entry: OutboxEntry, isRetry: Bool) async -> DeliveryOutcome {
        do {
            let document = try VCon(of: record)
            let file = "\(folder)/\(document.uuid ?? record.context.call.rawValue).vcon"
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            try document.data().write(to: URL(filePath: file), options: .atomic)
            return .delivered(reference: file, duplicates: 0)
        } catch {
            return .unavailable(reason: "\(folder): \(error.localizedDescription)", retryAfter: nil)
        }
    }
}

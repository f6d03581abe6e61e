import Foundation
package import Logging
import Telephony

/// The log of a service: one line an event on standard error, as text or as JSON. What comes from outside is written
/// without control characters, so that nobody can forge a line.
package enum ServiceLog {
    package static func logger(_ log: ServiceConfiguration.Log) -> Logger {
        var logger = Logger(label: "parley") { label in
            LineLog(writesJSON: log.format == .json, metadata: [:], logLevel: log.level)
        }
        logger.logLevel = log.level
        return logger
    }
}

private struct LineLog: LogHandler {
    let writesJSON: Bool
    var metadata: Logger.Metadata
    var logLevel: Logger.Level

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        var metadata = self.metadata
        metadata.merge(event.metadata ?? [:]) { $1 }
        let time = Date().formatted(.iso8601.year().month().day().time(includingFractionalSeconds: true))
        let line = writesJSON ? json(event, metadata, time) : text(event, metadata, time)
        FileHandle.standardError.write(Data((line + "\n").utf8))
    }

    private func text(_ event: LogEvent, _ metadata: Logger.Metadata, _ time: String) -> String {
        let more = metadata.sorted { $0.key < $1.key }.map { " \($0.key)=\($0.value)" }.joined()
        return "\(time)Z \(event.level) \(("\(event.message)" + more).withoutControls)"
    }

    private func json(_ event: LogEvent, _ metadata: Logger.Metadata, _ time: String) -> String {
        var members = [
            "time": time + "Z", "level": event.level.rawValue, "message": "\(event.message)".withoutControls,
        ]
        for (key, value) in metadata { members[key] = "\(value)".withoutControls }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return (try? encoder.encode(members)).map { String(decoding: $0, as: UTF8.self) } ?? "{}"
    }
}

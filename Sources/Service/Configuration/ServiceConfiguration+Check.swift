import Admin
import Connectors
package import Documents
import Records

extension ServiceConfiguration {
    /// What a start would find wrong with the files that the configuration names: certificates and keys that are others' or
    /// cannot be read, connectors, tokens. Nothing is opened, made or bound.
    ///
    /// - Parameter file: where the configuration stands.
    package func problemsOfFiles(namedIn file: String) -> [Diagnostic] {
        var problems: [Diagnostic] = []
        func attempt(_ what: String, _ check: () throws -> Void) {
            do { try check() } catch {
                problems.append(Diagnostic(file: file, line: 0, column: 0, message: "\(what): \(error)"))
            }
        }
        for trunk in trunks {
            guard let tls = trunk.tls else { continue }
            attempt("trunk '\(trunk.name)'") { _ = try ServiceTrunks.identity(tls) }
        }
        if let key = journal?.key { attempt("journal.key") { _ = try RecordingKey(from: key, of: .journal) } }
        if let key = records.key { attempt("recordings.key") { _ = try RecordingKey(from: key) } }
        attempt("admin.api") { _ = try APICredentials.read(admin) }
        if let connectors = records.connectors {
            problems += ServiceRecords.read(connectors: connectors).diagnostics
        }
        return problems
    }
}

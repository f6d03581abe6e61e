import ArgumentParser
import Foundation

/// Prints the JSON Schema of what the commands write and read.
struct SchemaCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "schema",
        abstract: "Print the JSON Schema of events, call contexts or call.yaml.",
        discussion: """
            EXAMPLES:
              parley schema event > event.schema.json
              parley schema call        # for an editor's completion in call.yaml
            """)

    enum Document: String, ExpressibleByArgument, CaseIterable {
        case event, context, call
    }

    @Argument(help: "Which document: event, context or call.")
    var document: Document

    func run() throws {
        let bytes =
            switch document {
            case .event: PackageResources.event_schema_json
            case .context: PackageResources.context_schema_json
            case .call: PackageResources.call_schema_json
            }
        FileHandle.standardOutput.write(Data(bytes))
    }
}

import Configuration
import Documents
import Foundation
import Yams

/// The values of a configuration: flags before environment variables before the file, each with the place that it came
/// from. What is wrong is collected, so that all of it is said at once.
struct ConfigurationValues {
    private let reader: ConfigReader
    private let environment: [String: String]
    private let flags: [String: String]
    /// Where the values of the file stand, by their names joined with dots.
    private var places: [String: Mark] = [:]
    /// Names of mappings in the order of the file, by the names above them.
    private var order: [String: [String]] = [:]
    private let file: String
    /// The file could be read, whatever stands in it.
    private(set) var isRead = false
    let collector = DiagnosticCollector()

    /// Reads a file; what is wrong with it is in ``collector``.
    ///
    /// - Parameters:
    ///   - path: of the file.
    ///   - environment: of the process.
    ///   - flags: values of the command line, by names joined with dots.
    init(path: String, environment: [String: String], flags: [String: String]) async {
        file = path
        self.environment = environment
        self.flags = flags
        let direct = InMemoryProvider(
            name: "command line",
            values: Dictionary(
                uniqueKeysWithValues: flags.map {
                    (
                        AbsoluteConfigKey($0.key.split(separator: ".").map(String.init)),
                        ConfigValue(.string($0.value), isSecret: false)
                    )
                }))
        let variables = EnvironmentVariablesProvider(environmentVariables: environment)
            .prefixKeys(with: ConfigKey(["parley"]))
        var providers: [any ConfigProvider] = [direct, variables]
        let document: YAMLDocument
        do {
            let text = try String(contentsOfFile: path, encoding: .utf8)
            document = try YAMLDocument(text, file: path)
            let place = InMemoryProvider(values: ["filePath": ConfigValue(.string(path), isSecret: false)])
            providers.append(try await FileProvider<YAMLSnapshot>(config: ConfigReader(provider: place)))
        } catch let diagnostic as Diagnostic {
            collector.add(diagnostic)
            reader = ConfigReader(providers: providers)
            return
        } catch {
            collector.add(
                Diagnostic(
                    file: path, line: 0, column: 0, code: "file",
                    message: FileManager.default.fileExists(atPath: path)
                        ? "cannot be read; name a file of keys and values that this process may read"
                        : "there is no such file; 'parley serve --print-config-reference' prints one to begin with"))
            reader = ConfigReader(providers: providers)
            return
        }
        reader = ConfigReader(providers: providers)
        isRead = true
        walk(document.root, [])
        refuseUnknownVariables()
    }

    // MARK: - The file's shape

    private mutating func walk(_ node: Node, _ names: [String]) {
        guard case .mapping(let mapping) = node else {
            return complain(node, "is written as 'name: value' lines, not as \(node.kindName)")
        }
        for (key, value) in mapping {
            let name = key.string ?? "?"
            let path = names + [name]
            order[names.joined(separator: "."), default: []].append(name)
            let known = ConfigurationKey.all.first { $0.matches(path) }
            if let known {
                places[path.joined(separator: ".")] = value.mark
                check(value, known)
            } else if ConfigurationKey.all.contains(where: { $0.begins(with: path) }) {
                if case .scalar(let scalar) = value, scalar.string.isEmpty { continue }
                walk(value, path)
            } else {
                refuse(key, path)
            }
        }
    }

    private func refuse(_ key: Node, _ path: [String]) {
        let parent = Array(path.dropLast())
        let siblings = ConfigurationKey.all.filter { $0.path.count > parent.count && $0.begins(with: parent) }
            .map { $0.path[parent.count] }.filter { $0 != "*" }
        let distinct = siblings.reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }
        let nearest = nearestName(to: path.last ?? "", among: distinct)
        complain(
            key,
            "there is no key '\(path.joined(separator: "."))'; "
                + (nearest.map { "did you mean '\($0)'?" } ?? "here stand \(distinct.joined(separator: ", "))"),
            code: "unknown-key")
    }

    private func check(_ value: Node, _ key: ConfigurationKey) {
        let isList = if case .sequence = value { true } else { false }
        let takesList = if case .texts = key.kind { true } else { false }
        let isMapping = if case .mapping = value { true } else { false }
        if isMapping || isList != takesList {
            complain(
                value, "'\(key.path.joined(separator: "."))' is \(key.kind.description), not \(value.kindName)",
                code: "wrong-type")
        }
    }

    private func complain(_ node: Node, _ message: String, code: String = "invalid") {
        collector.add(
            Diagnostic(
                file: file, line: node.mark?.line ?? 0, column: node.mark?.column ?? 0, code: code, message: message))
    }

    /// A variable that begins as Parley's do and is none is a slip of the pen.
    private func refuseUnknownVariables() {
        let variables = environment.keys.filter { $0.hasPrefix("PARLEY_") }.sorted()
        guard !variables.isEmpty else { return }
        var known: Set<String> = []
        for key in ConfigurationKey.all {
            for path in expanded(key.path, []) { known.insert(ConfigurationKey.variable(path)) }
        }
        let secrets = names(under: ["trunks"]).compactMap { text(["trunks", $0, "credentials", "password-variable"]) }
        for variable in variables where !known.contains(variable) && !secrets.contains(variable) {
            let nearest = nearestName(to: variable, among: known.sorted())
            collector.add(
                Diagnostic(
                    file: "environment", line: 0, column: 0, code: "unknown-key",
                    message: "there is no variable \(variable)"
                        + (nearest.map { "; did you mean \($0)?" } ?? "; unset it")))
        }
    }

    private func expanded(_ path: [String], _ done: [String]) -> [[String]] {
        guard let first = path.first else { return [done] }
        let rest = Array(path.dropFirst())
        let names = first == "*" ? self.names(under: done) : [first]
        return names.flatMap { expanded(rest, done + [$0]) }
    }

    // MARK: - Values

    /// The names that the file has under some names, in its order.
    func names(under path: [String]) -> [String] { order[path.joined(separator: ".")] ?? [] }

    func isGiven(_ path: [String]) -> Bool {
        let name = path.joined(separator: ".")
        return places[name] != nil || flags[name] != nil || environment[ConfigurationKey.variable(path)] != nil
    }

    func text(_ path: [String]) -> String? {
        guard let text = reader.string(forKey: ConfigKey(path)), !text.isEmpty else { return nil }
        return text
    }

    func texts(_ path: [String]) -> [String]? { reader.stringArray(forKey: ConfigKey(path)) }

    /// A whole number within its key's range.
    func number(_ path: [String]) -> Int? {
        guard let text = text(path) else { return nil }
        guard case .number(let range)? = kind(of: path), let number = Int(text), range.contains(number) else {
            refuse(path, text)
            return nil
        }
        return number
    }

    func flag(_ path: [String]) -> Bool? {
        guard let text = text(path) else { return nil }
        guard let flag = Bool(text.lowercased()) else {
            refuse(path, text)
            return nil
        }
        return flag
    }

    /// One of the words of a type.
    func word<Word: RawRepresentable>(_ path: [String], of type: Word.Type) -> Word? where Word.RawValue == String {
        guard let text = text(path) else { return nil }
        guard let word = Word(rawValue: text) else {
            refuse(path, text)
            return nil
        }
        return word
    }

    private func kind(of path: [String]) -> ConfigurationKey.Kind? {
        ConfigurationKey.all.first { $0.matches(path) }?.kind
    }

    private func refuse(_ path: [String], _ text: String) {
        complain(
            path,
            "'\(path.joined(separator: "."))' is \(kind(of: path)?.description ?? "something else"), not '\(text)'")
    }

    /// Says what is wrong with a value, at the place where it came from.
    func complain(_ path: [String], _ message: String) {
        let name = path.joined(separator: ".")
        if flags[name] != nil {
            collector.add(Diagnostic(file: "command line", line: 0, column: 0, message: message))
        } else if environment[ConfigurationKey.variable(path)] != nil {
            collector.add(
                Diagnostic(
                    file: "environment variable \(ConfigurationKey.variable(path))", line: 0, column: 0,
                    message: message))
        } else {
            let mark = place(of: path)
            collector.add(Diagnostic(file: file, line: mark?.line ?? 0, column: mark?.column ?? 0, message: message))
        }
    }

    /// The mark of a value, or of the nearest value under or above it.
    private func place(of path: [String]) -> Mark? {
        var path = path
        while !path.isEmpty {
            let name = path.joined(separator: ".")
            if let mark = places[name] { return mark }
            let below = places.filter { $0.key.hasPrefix(name + ".") }.values.min {
                ($0.line, $0.column) < ($1.line, $1.column)
            }
            if let below { return below }
            path.removeLast()
        }
        return nil
    }
}

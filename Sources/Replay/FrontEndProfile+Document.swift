package import Documents
import Foundation
package import FrontEnd

extension FrontEndProfile {
    /// Reads a profile: a YAML file with a line for each setting that is not left at its default.
    ///
    /// - Throws: ``InvalidProfile`` with everything that is wrong: a name that is no setting, a value out of its range.
    package static func read(_ path: String) throws(InvalidProfile) -> FrontEndProfile {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), !isFolder.boolValue,
            let data = FileManager.default.contents(atPath: path)
        else {
            throw InvalidProfile(path, "cannot be read; a profile is a YAML file of settings")
        }
        return try parse(String(decoding: data, as: UTF8.self), file: path)
    }

    /// The same from its text.
    package static func parse(_ text: String, file: String) throws(InvalidProfile) -> FrontEndProfile {
        var profile = FrontEndProfile()
        let hasContent = text.split(separator: "\n").contains { line in
            let bare = line.drop { $0 == " " || $0 == "\t" || $0 == "\r" }
            return !bare.isEmpty && !bare.hasPrefix("#")
        }
        // Nothing but comments is all defaults.
        guard hasContent else { return profile }
        let collector = DiagnosticCollector()
        do {
            let document = try YAMLDocument(text, file: file)
            let members = MappingReader(document.root, "a front-end profile", file: file, collector: collector)
            if var members {
                for setting in settings { setting.read(&members, into: &profile) }
                members.refuseOthers()
            }
        } catch {
            collector.add(error)
        }
        if collector.hasErrors { throw InvalidProfile(diagnostics: collector.diagnostics.sorted()) }
        return profile
    }

    /// A file with every setting at its default, each with what it is and does.
    package static var documentedFile: String {
        let profile = FrontEndProfile()
        var text = "# Settings of the front end. Each has its default here; leave out what you do not change.\n"
        for setting in settings {
            text += "\n# \(setting.summary)\n# \(setting.range). \(setting.effect)\n"
            text += "\(setting.name): \(setting.value(in: profile))\n"
        }
        return text
    }
}

extension FrontEndProfile.Setting {
    fileprivate func read(_ members: inout MappingReader, into profile: inout FrontEndProfile) {
        switch kind {
        case .integer(let range, let path):
            let bounds = Double(range.lowerBound)...Double(range.upperBound)
            guard let number = members.number(name, in: bounds) else { return }
            if number != number.rounded() { members.complain("'\(name)' is a whole number") }
            profile[keyPath: path] = Int(number.rounded())
        case .number(let range, let path):
            if let number = members.number(name, in: range) { profile[keyPath: path] = number }
        case .boolean(let path):
            if let value = members.boolean(name) { profile[keyPath: path] = value }
        }
    }
}

/// A profile with mistakes in it.
package struct InvalidProfile: Error, CustomStringConvertible {
    package var diagnostics: [Diagnostic]

    init(diagnostics: [Diagnostic]) { self.diagnostics = diagnostics }

    init(_ file: String, _ message: String) {
        diagnostics = [Diagnostic(file: file, line: 0, column: 0, message: message)]
    }

    package var description: String { diagnostics.map(\.description).joined(separator: "\n") }
}

package import Foundation

/// Any JSON value, with the members of objects in alphabetical order when it is written.
package indirect enum JSONDocument: Sendable, Equatable {
    case null
    case boolean(Bool)
    /// Whole numbers of up to 53 bits are written without a fraction.
    case number(Double)
    case string(String)
    case array([JSONDocument])
    case object([String: JSONDocument])

    /// A member of an object; `nil` when there is none or this is no object.
    package subscript(_ name: String) -> JSONDocument? {
        if case .object(let members) = self { members[name] } else { nil }
    }

    package var string: String? { if case .string(let text) = self { text } else { nil } }
    package var number: Double? { if case .number(let number) = self { number } else { nil } }
    package var array: [JSONDocument]? { if case .array(let items) = self { items } else { nil } }

    /// What a value encodes as.
    ///
    /// - Throws: what its `encode(to:)` throws.
    package init(encoding value: some Encodable) throws {
        self = try JSONDecoder().decode(JSONDocument.self, from: try JSONEncoder().encode(value))
    }

    /// Reads JSON text of at most ``deepestNesting`` levels.
    ///
    /// - Throws: a `DecodingError` when it is no JSON.
    package init(parsing data: Data) throws {
        self = try JSONDecoder().decode(JSONDocument.self, from: data)
    }

    /// The value as a JSON text; the same value gives the same bytes.
    package var data: Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // A JSONDocument holds nothing that JSON cannot say: numbers that are not finite are refused when it is made.
        return (try? encoder.encode(self)) ?? Data("null".utf8)
    }
}

extension JSONDocument: Codable {
    /// Levels of arrays and objects that are read.
    package static let deepestNesting = 64

    package init(from decoder: any Decoder) throws {
        guard decoder.codingPath.count <= JSONDocument.deepestNesting else {
            throw DecodingError.dataCorrupted(
                .init(
                    codingPath: [], debugDescription: "the JSON is nested deeper than \(JSONDocument.deepestNesting)"))
        }
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let value = try? container.decode(Bool.self) {
            self = .boolean(value)
        } else if let value = try? container.decode(Double.self) {
            self = .number(value)
        } else if let value = try? container.decode(String.self) {
            self = .string(value)
        } else if let value = try? container.decode([JSONDocument].self) {
            self = .array(value)
        } else {
            self = .object(try container.decode([String: JSONDocument].self))
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .null: try container.encodeNil()
        case .boolean(let value): try container.encode(value)
        case .number(let value):
            if value.rounded() == value, abs(value) < 9_007_199_254_740_992 {
                try container.encode(Int64(value))
            } else {
                try container.encode(value.isFinite ? value : 0)
            }
        case .string(let value): try container.encode(value)
        case .array(let items): try container.encode(items)
        case .object(let members): try container.encode(members)
        }
    }
}

extension JSONDocument: ExpressibleByStringLiteral, ExpressibleByFloatLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByBooleanLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    package init(stringLiteral value: String) { self = .string(value) }
    package init(floatLiteral value: Double) { self = .number(value) }
    package init(integerLiteral value: Int) { self = .number(Double(value)) }
    package init(booleanLiteral value: Bool) { self = .boolean(value) }
    package init(arrayLiteral elements: JSONDocument...) { self = .array(elements) }
    package init(dictionaryLiteral elements: (String, JSONDocument)...) {
        self = .object(Dictionary(elements, uniquingKeysWith: { $1 }))
    }
}

extension Data {
    /// Octets as base64url without padding (RFC 4648 section 5), the form of vCon and JWT.
    package var base64URL: String {
        base64EncodedString().replacingOccurrences(of: "+", with: "-").replacingOccurrences(of: "/", with: "_")
            .replacingOccurrences(of: "=", with: "")
    }

    /// Reads base64url, with or without padding; plain base64 is taken too. `nil` when it is neither.
    package init?(base64URL text: String) {
        var plain = text.replacingOccurrences(of: "-", with: "+").replacingOccurrences(of: "_", with: "/")
        plain = plain.replacingOccurrences(of: "=", with: "")
        plain += String(repeating: "=", count: (4 - plain.utf8.count % 4) % 4)
        self.init(base64Encoded: plain, options: .ignoreUnknownCharacters)
    }
}

package import Formula
package import Telephony

/// What a question wants to hear, by key or by word, as the document says it.
package struct Entity: Sendable {
    package indirect enum Kind: Sendable {
        case closedList([Item], isSmart: Bool)
        /// The rows of a table that a formula gives when the question is asked.
        case dynamicList(Expression)
        case boolean
        case prebuilt(Prebuilt)
        /// Text in which a pattern is found: a formula that gives the match in `Entity.Input`, blank when there is none.
        case pattern(Expression)
        /// One of several, each the member of the value that names it.
        case oneOf([(property: String, entity: Entity)])
    }

    package struct Item: Sendable {
        package let id: String
        package let displayName: String
        package let synonyms: [String]
        package var key: Digit?
        /// The words for it, found once and not each time that the question is asked.
        let phrases: [ChoicePhrase]

        package init(id: String, displayName: String, synonyms: [String], key: Digit?) {
            self.id = id
            self.displayName = displayName
            self.synonyms = synonyms
            self.key = key
            phrases = ([displayName, id] + synonyms).map { ChoicePhrase($0) }
        }
    }

    package var kind: Kind
    package var isSensitive = false
    /// The value is a table of all that was said.
    package var allowsMultipleValues = false
    /// How keys are gathered, where more than one makes an answer.
    package var termination: DtmfTermination?
    /// `dtmfMultipleChoiceOptions`, where the document has them.
    package var choices: ChoiceOptions?
    package var ambiguity = AmbiguousDates.future

    package init(kind: Kind, isSensitive: Bool = false) {
        self.kind = kind
        self.isSensitive = isSensitive
    }

    /// Which day is meant by one that comes every week or year.
    package enum AmbiguousDates: Sendable {
        case future
        case past
    }

    /// `DtmfMultipleChoiceOptions`.
    package struct ChoiceOptions: Sendable {
        /// Items without a key get the next free one.
        package var generatesKeys: Setting<Bool>
        /// The items and their keys are said behind the prompt.
        package var readsOutOptions: Setting<Bool>
        package init(generatesKeys: Setting<Bool> = .constant(false), readsOutOptions: Setting<Bool> = .constant(true))
        {
            self.generatesKeys = generatesKeys
            self.readsOutOptions = readsOutOptions
        }
    }

    /// Entities that come with the language.
    package enum Prebuilt: String, Sendable, CaseIterable {
        // These take keys.
        case string = "String"
        case number = "Number"
        case age = "Age"
        case date = "Date"
        case money = "Money"
        case ordinal = "Ordinal"
        case percentage = "Percentage"
        case phoneNumber = "PhoneNumber"
        case speed = "Speed"
        case temperature = "Temperature"
        case weight = "Weight"
        case zipCode = "ZipCode"
        // These are only said.
        case city = "City"
        case color = "Color"
        case continent = "Continent"
        case countryOrRegion = "CountryOrRegion"
        case dateTime = "DateTime"
        case dateTimeNoTimeZone = "DateTimeNoTimeZone"
        case duration = "Duration"
        case email = "Email"
        case event = "Event"
        case language = "Language"
        case organization = "Organization"
        case personName = "PersonName"
        case pointOfInterest = "PointOfInterest"
        case state = "State"
        case streetAddress = "StreetAddress"
        case url = "URL"

        package var takesKeys: Bool {
            switch self {
            case .string, .number, .age, .date, .money, .ordinal, .percentage, .phoneNumber, .speed, .temperature,
                .weight, .zipCode:
                true
            default: false
            }
        }
    }
}

/// When a string of keys is complete, as the document says it.
package struct DtmfTermination: Sendable {
    package enum Kind: Sendable {
        case fixed(length: Setting<Int>)
        case flexible(minLength: Setting<Int>, maxLength: Setting<Int>)
        case keyBased
    }

    package var kind: Kind
    package var key: Setting<TerminationKey>?
    package var interdigitTimeoutInMilliseconds: Setting<Int>?
    package var terminationTimeoutInMilliseconds: Setting<Int>?
    package var acceptsVoice: Setting<Bool>?

    package init(kind: Kind) { self.kind = kind }
}

/// `DtmfTerminationKey` of the schema.
package enum TerminationKey: String, Sendable, CaseIterable {
    case pound = "PoundKey"
    case star = "StarKey"

    package var digit: Digit { self == .pound ? .pound : .star }
}

/// When a string of keys is complete, with every time known.
struct Gathering: Sendable, Equatable {
    enum Rule: Sendable, Equatable {
        case fixed(Int)
        case flexible(least: Int, most: Int)
        case untilKey
    }

    var rule: Rule
    /// The key that ends the string.
    var terminator: Digit?
    /// The question names the key, so that it is waited for behind a string of full length.
    var awaitsTerminator = false
    var interdigitTimeoutInMilliseconds: Int
    var terminationTimeoutInMilliseconds: Int

    /// A string of so many keys is whole.
    func isWhole(_ count: Int) -> Bool {
        switch rule {
        case .fixed(let length): count == length
        case .flexible(let least, let most): count >= least && count <= most
        case .untilKey: count > 0
        }
    }

    /// No further key can belong to the string.
    func isFull(_ count: Int) -> Bool {
        switch rule {
        case .fixed(let length): count >= length
        case .flexible(_, let most): count >= most
        case .untilKey: false
        }
    }
}

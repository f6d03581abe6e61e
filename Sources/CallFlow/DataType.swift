/// A type that a document declares: of inputs, outputs, responses and parsed values.
package indirect enum DataType: Sendable, Equatable {
    case any
    case blank
    case boolean
    case number
    case string
    case time
    case date
    case dateTime
    /// A date and time that is meant in no zone.
    case dateTimeNoTimeZone
    case record([Property])
    case table([Property])

    /// A member of a record, a column of a table, an input or an output.
    package struct Property: Sendable, Equatable {
        package var name: String
        package var type: DataType
        package var isSensitive: Bool
        package var isRequired: Bool
        package init(name: String, type: DataType, isSensitive: Bool = false, isRequired: Bool = false) {
            self.name = name
            self.type = type
            self.isSensitive = isSensitive
            self.isRequired = isRequired
        }
    }
}

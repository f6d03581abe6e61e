/// Why a service cannot run as it was asked to: sentences, one a line.
package struct ServiceError: Error, CustomStringConvertible {
    package let description: String

    package init(_ description: String) { self.description = description }
}

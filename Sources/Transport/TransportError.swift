/// Why a socket, a port or the media loop cannot be had.
package struct TransportError: Error, CustomStringConvertible {
    package let description: String

    package init(_ description: String) { self.description = description }
}

package import Telephony

/// When the outside router is asked, and how long it has.
package struct RouterTerms: Sendable, Equatable {
    /// Before Parley's own queues; otherwise only when they give nobody.
    package var isAskedFirst = true
    /// An answer that comes later is of no use.
    package var timeout = Interval.seconds(3)

    package init() {}
}

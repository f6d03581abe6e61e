/// What callers are told who are called back in the place of waiting on the line.
package struct CallBackMessages: Sendable, Equatable {
    /// Asks one who waits; the key is 1.
    package var offer = "To be called back when it is your turn, press 1 and hang up. You keep your place in the line."
    /// Said before Parley hangs up.
    package var farewell = "We will call you back when it is your turn. Goodbye."
    /// Said to the one who answers.
    package var greeting = "This is the call back that you asked for. Please stay on the line."
    /// Said where nobody is there all the same.
    package var apology = "We are sorry, but nobody can take your call now. Please call again."

    package init() {}
}

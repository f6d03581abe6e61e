/// What a service says of a call and of itself at the head of the call's journal.
package struct JournalAbout: Sendable, Equatable, Codable {
    /// Of the program.
    package var version: String
    /// The agent folder's path, and a digest of the files in it.
    package var agentFolder: String
    package var agentDigest: String

    package init(version: String, agentFolder: String, agentDigest: String) {
        self.version = version
        self.agentFolder = agentFolder
        self.agentDigest = agentDigest
    }
}

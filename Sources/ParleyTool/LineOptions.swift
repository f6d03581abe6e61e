import ArgumentParser
import Replay

/// How the caller's line is, where that is not left to the test call.
struct LineOptions: ParsableArguments {
    @Option(help: "The codec of the call.")
    var codec: CodecChoice?

    @Option(
        help: ArgumentHelp(
            "What the network does: loss, burst, jitter, reorder, duplicate and drift, as in loss=2%,burst=3,jitter=30ms,reorder=1%,duplicate=1%,drift=100ppm.",
            valueName: "impairment"))
    var network: String?

    @Option(help: "The seed of the network and of all random numbers of the call.")
    var seed: UInt64?

    func apply(to call: inout TestCall) throws {
        if let codec { call.codec = codec }
        if let network { call.network = try NetworkImpairment(network) }
        if let seed { call.seed = seed }
    }
}

extension CodecChoice: ExpressibleByArgument {}

/// Which agent answers.
struct AgentOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The agent folder that answers; a test call names its own.", valueName: "folder"))
    var agent: String?

    @Flag(help: "Let HTTP requests leave that no stub of the test call answers.")
    var live = false
}

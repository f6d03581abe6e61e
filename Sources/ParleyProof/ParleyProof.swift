import ArgumentParser

/// Programs that measure and prove what takes too long for a test.
@main
struct ParleyProof: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ParleyProof",
        abstract: "Measures the pipeline, and proves what takes too long for a test.",
        subcommands: [
            SpeedCommand.self, HearingCommand.self, MediaCommand.self, EchoCommand.self, LinkCommand.self,
            FloodCommand.self, AttacksCommand.self, BombsCommand.self, StrangersCommand.self, KillsCommand.self,
            KeysCommand.self,
            DriftCommand.self,
            FormulaBenchmark.self, LatenessCommand.self, RecordsCommand.self, OutboxCommand.self,
            OutboxSenderCommand.self,
            RecordsWriterCommand.self, QueuesCommand.self, HandoversCommand.self,
        ])
}

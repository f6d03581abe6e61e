import Foundation
import Testing

/// A disk of four megabytes that fills while calls run, and has room again.
@Suite("A full disk", .serialized, .takesTurns)
struct FullDiskTests {
    private static let configuration = """
        agents: {main: \(Bench.agent)}
        media: {address: 127.0.0.1, ports: 20800-20899}
        store: disk/s.sqlite
        recordings: {folder: disk/recordings}
        admin: {address: "127.0.0.1:9091"}
        limits: {drain-seconds: 1, lateness-milliseconds: 0}
        trunks:
            local:
                listen: ["udp:127.0.0.1:5080"]
                allow: [127.0.0.0/8]
                otherwise: main

        """

    /// Two calls while there is room, six while there is none, and then room.
    private static let script = """
        call() { sipp -sn uac -i 127.0.0.1 -p $1 -mp $2 -m $3 -r 3 -d 2500 -s 100 127.0.0.1:5080 > calls.log 2>&1; }
        call 5070 6500 2
        echo "calls end with $?"
        sleep 1
        dd if=/dev/zero of=disk/filler bs=4096 2> /dev/null
        call 5071 6600 6
        echo "calls end with $?"
        sleep 1
        curl -s http://127.0.0.1:9091/metrics > full.metrics
        curl -s http://127.0.0.1:9091/readyz > full.ready
        rm disk/filler
        for i in $(seq 100); do
            curl -s http://127.0.0.1:9091/metrics > room.metrics
            grep -q "parley_store_blocked 0" room.metrics && break
            sleep 0.2
        done
        sleep 3
        $PARLEY contexts list --store disk/s.sqlite --json > contexts.json
        ls disk/recordings > recordings
        """

    @Test("calls go on, the operator is told, and what could not be written is written when there is room")
    func fills() async throws {
        guard Bench.has("sipp", package: "sip-tester"), Bench.has("curl", package: "curl"), Bench.canMount() else {
            return
        }
        let bench = try Bench()
        try bench.write("parley.yaml", FullDiskTests.configuration)
        let result = try await bench.run(
            beside: "--json", preparation: "mkdir disk; mount -t tmpfs -o size=4m none disk", mounts: true,
            FullDiskTests.script)
        #expect(result.components(separatedBy: "calls end with 0").count == 3, "\(result) \(bench.read("log"))")
        #expect(result.contains("serve ends with 0"))
        // It is told in the log, in the metrics and where somebody asks whether all is well.
        let log = bench.read("log")
        #expect(log.contains("records wait in memory, and calls go on") && log.contains("records are written again"))
        #expect(bench.read("full.metrics").contains("parley_store_blocked 1"))
        #expect(bench.read("full.ready").contains("warning: records wait in memory"))
        #expect(bench.read("room.metrics").contains("parley_store_blocked 0"))
        #expect(bench.read("room.metrics").contains("parley_facts_dropped_total 0"))
        // Each context is what was printed of it while the disk was full.
        let stored = Dictionary(uniqueKeysWithValues: bench.facts("contexts.json").map { ($0["call"] as? String, $0) })
        let printed = bench.facts().compactMap { $0["context"] as? [String: Any] }
        #expect(stored.count == 8 && printed.count == 8)
        for context in printed {
            let kept = stored[context["call"] as? String]
            #expect(kept.map { NSDictionary(dictionary: $0) } == NSDictionary(dictionary: context))
        }
        #expect(bench.read("recordings").split(separator: "\n").count { $0.hasSuffix(".wav") } == 8)
    }
}

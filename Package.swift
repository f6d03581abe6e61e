// swift-tools-version: 6.2
import PackageDescription

/// Detectors and codecs work on eight numbers at a time: with AVX2 in one instruction, without it in two. Results are the same
/// to the bit. Processors since 2013 have it; `PARLEY_CPU=x86-64` builds for those that have not.
#if arch(x86_64)
    let model = Context.environment["PARLEY_CPU"] ?? "x86-64-v3"
    let processor: [SwiftSetting] = [.unsafeFlags(["-Xcc", "-march=\(model)"], .when(configuration: .release))]
    /// The tool says so where it is missing.
    let processorCheck: [SwiftSetting] =
        model == "x86-64-v3" ? [.define("WANTS_AVX2", .when(configuration: .release))] : []
#else
    let processor: [SwiftSetting] = []
    let processorCheck: [SwiftSetting] = []
#endif

let settings: [SwiftSetting] =
    [
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("InternalImportsByDefault"),
        .enableUpcomingFeature("MemberImportVisibility"),
        .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
        .enableExperimentalFeature("Lifetimes"),
    ] + (Context.environment["CI"] == nil ? [] : [.treatAllWarnings(as: .error)])

let collections = Target.Dependency.product(name: "BasicContainers", package: "swift-collections")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let heapModule = Target.Dependency.product(name: "HeapModule", package: "swift-collections")
let dequeModule = Target.Dependency.product(name: "DequeModule", package: "swift-collections")

func pure(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: settings)
}

func edge(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: settings)
}

func tests(of name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .testTarget(
        name: name + "Tests", dependencies: [.target(name: name)] + dependencies, swiftSettings: settings)
}

func system(_ name: String, pkgConfig: String? = nil, apt package: String) -> Target {
    .systemLibrary(
        name: name, path: "Sources/System/\(name)", pkgConfig: pkgConfig, providers: [.apt([package])])
}

/// What works on samples is optimised in debug builds too: a call that is not heard in time is no test of anything.
let onSamples: [SwiftSetting] = processor + [.unsafeFlags(["-O"], .when(configuration: .debug))]

let cryptoExtras = Target.Dependency.product(name: "CryptoExtras", package: "swift-crypto")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")
let everything: [Target.Dependency] = [
    "Telephony", "SIP", "RTP", "DSP", "Formula", "CallFlow", "FrontEnd", "CallControl", "Routing", "Distribution",
    "AudioFiles", "Documents",
    "AgentFiles", "DialogCheck", "Replay", "Scoring", "Speech", "Connectors", "Records", "Transport", "Admin",
    "Service",
]

/// The fuzzing harness needs every target instrumented, so it is there only when asked for.
let fuzzing: [Target] =
    Context.environment["PARLEY_FUZZ"] == nil
    ? []
    : [
        .executableTarget(
            name: "ParleyFuzz",
            dependencies: [
                "Telephony", "SIP", "RTP", "DSP", "Formula", "CallFlow", "CallControl", "AudioFiles", "Replay",
                "AgentFiles", "DialogCheck", "Records", "Routing", "Distribution", "Connectors",
            ],
            swiftSettings: settings,
            linkerSettings: [.unsafeFlags(["-sanitize=fuzzer", "-use-ld=lld"])])
    ]

let package = Package(
    name: "parley",
    products: [
        .executable(name: "parley", targets: ["ParleyTool"]),
        .library(name: "Formula", targets: ["Formula"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(
            url: "https://github.com/apple/swift-configuration", from: "1.4.0",
            traits: [.defaults, "CommandLineArguments", "YAML"]),
        .package(url: "https://github.com/apple/swift-asn1", from: "1.7.0"),
        .package(url: "https://github.com/apple/swift-certificates", from: "1.21.0"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.0.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
    ],
    targets: [
        system("CAres", pkgConfig: "libcares", apt: "libc-ares-dev"),
        system("COpus", pkgConfig: "opus", apt: "libopus-dev"),
        system("CSpeexDSP", pkgConfig: "speexdsp", apt: "libspeexdsp-dev"),
        system("CSndFile", pkgConfig: "sndfile", apt: "libsndfile1-dev"),
        system("CLibPQ", pkgConfig: "libpq", apt: "libpq-dev"),
        system("CFlite", apt: "flite1-dev"),
        system("CSRTP", pkgConfig: "libsrtp2", apt: "libsrtp2-dev"),
        .systemLibrary(name: "CLinux", path: "Sources/System/CLinux"),
        .systemLibrary(name: "CVector", path: "Sources/System/CVector"),

        // Pure: no I/O, clock, task, lock or Foundation (Formula excepted).
        pure("Telephony"),
        pure("SIP", ["Telephony", crypto, heapModule, dequeModule]),
        pure("RTP", ["Telephony", "CSRTP"]),
        .target(
            name: "DSP", dependencies: ["Telephony", "COpus", "CSpeexDSP"], swiftSettings: settings + onSamples,
            linkerSettings: [.linkedLibrary("m")]),
        pure("Formula", ["Telephony"]),
        pure("CallFlow", ["Telephony", "Formula", dequeModule]),
        .target(name: "FrontEnd", dependencies: ["Telephony", "DSP", "CVector"], swiftSettings: settings + onSamples),
        pure("Routing", ["Telephony", heapModule, dequeModule]),
        pure(
            "CallControl",
            ["Telephony", "SIP", "RTP", "DSP", "CallFlow", "FrontEnd", "Formula", "Routing", collections, dequeModule]),
        pure("Distribution", ["Telephony", "Formula", "CallFlow", "Routing", "CallControl", dequeModule]),

        // Edges.
        edge("AudioFiles", ["Telephony", "CSndFile"]),
        edge("Documents", ["Telephony", yams]),
        edge("AgentFiles", ["Telephony", "Formula", "CallFlow", "Documents", yams]),
        edge("DialogCheck", ["Telephony", "Formula", "CallFlow", "AudioFiles", "Documents", "AgentFiles"]),
        edge(
            "Replay",
            [
                "Telephony", "RTP", "DSP", "Formula", "CallFlow", "FrontEnd", "CallControl", "Routing", "Distribution",
                "AudioFiles", "Documents", yams,
            ]),
        edge("Scoring", ["Telephony", "DSP", "FrontEnd", "AudioFiles", "Speech"]),
        edge("Speech", ["Telephony", "DSP", "CallFlow", "FrontEnd", "AudioFiles", "CFlite"]),
        edge(
            "Connectors",
            [
                "Telephony", "Formula", "CallFlow", "Documents", "Records", yams, crypto, cryptoExtras,
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOHTTP1", package: "swift-nio"),
            ]),
        edge(
            "Records",
            ["Telephony", "Formula", "AudioFiles", "CLibPQ", crypto, .product(name: "GRDB", package: "GRDB.swift")]),
        // Days at a contact centre that nobody works at, for tests and proofs.
        edge("QueueSimulation", ["Telephony", "Routing", heapModule]),
        // What an operator and other systems see of a running service.
        edge(
            "Admin",
            [
                "Telephony", "SIP", "Records", crypto, dequeModule,
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "HummingbirdTLS", package: "hummingbird"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ]),
        // Stand-ins for the systems that connectors speak to, for tests and proofs.
        edge(
            "ConnectorDoubles",
            [
                "Telephony", "Records", "Connectors", cryptoExtras,
                .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
            ]),
        edge(
            "Transport",
            [
                "Telephony", "SIP", "CallControl", "CLinux", "CAres", collections,
                .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOTLS", package: "swift-nio"), .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "SwiftASN1", package: "swift-asn1"),
                .product(name: "X509", package: "swift-certificates"),
            ]),
        // What one running Parley is made of.
        edge(
            "Service",
            [
                "Telephony", "SIP", "RTP", "Formula", "CallFlow", "Routing", "CallControl", "Distribution", "Documents",
                "AudioFiles", "AgentFiles", "DialogCheck", "Speech", "Connectors", "Records", "Transport", "Admin",
                yams,
                .product(name: "Configuration", package: "swift-configuration"),
                .product(name: "Logging", package: "swift-log"),
            ]),
        .executableTarget(
            name: "ParleyTool",
            dependencies: everything + [
                "CLinux",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Configuration", package: "swift-configuration"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdTLS", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ],
            resources: [
                .embedInCode("Schemas/event.schema.json"), .embedInCode("Schemas/context.schema.json"),
                .embedInCode("Schemas/call.schema.json"),
            ],
            swiftSettings: settings + processorCheck),

        // Programs that measure and prove.
        .target(name: "CAllocationCounter", path: "Sources/System/CAllocationCounter"),
        .executableTarget(
            name: "ParleyProof",
            dependencies: everything + [
                "CAllocationCounter", "CLinux", "ConnectorDoubles", "QueueSimulation",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: settings),

        .testTarget(name: "ArchitectureTests", swiftSettings: settings),
        tests(of: "Telephony"),
        tests(of: "SIP", ["Telephony"]),
        tests(of: "RTP", ["Telephony"]),
        tests(of: "DSP", ["Telephony"]),
        tests(of: "Formula", ["Telephony"]),
        tests(of: "FrontEnd", ["Telephony", "DSP"]),
        tests(of: "Routing", ["Telephony", "QueueSimulation"]),
        tests(of: "CallFlow", ["Telephony", "Formula", "AgentFiles", "Documents"]),
        tests(of: "CallControl", ["Telephony", "CallFlow", "FrontEnd", "SIP", "RTP", "DSP", "Routing"]),
        tests(
            of: "Distribution",
            [
                "Telephony", "SIP", "Formula", "CallFlow", "CallControl", "Routing", "Records", "ConnectorDoubles",
            ]),
        tests(of: "Transport", ["Telephony", "CallFlow", "CallControl", "SIP", "RTP", "DSP"]),
        .testTarget(
            name: "DialogCheckTests", dependencies: ["DialogCheck", "Telephony", "Documents", "AgentFiles"],
            exclude: ["Fixtures"], swiftSettings: settings),
        tests(of: "Scoring", ["Telephony", "DSP", "FrontEnd", "AudioFiles", "Speech"]),
        tests(
            of: "Records",
            ["Telephony", "AudioFiles", "ConnectorDoubles", .product(name: "GRDB", package: "GRDB.swift")]),
        tests(of: "Admin", ["Telephony", "SIP", "Records", .product(name: "Logging", package: "swift-log")]),
        tests(
            of: "Connectors",
            [
                "Telephony", "CallFlow", "Formula", "Documents", "Records", "ConnectorDoubles", crypto, cryptoExtras,
                .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ]),
        .testTarget(
            name: "ReplayTests", dependencies: everything + ["ConnectorDoubles", "ParleyTool"], swiftSettings: settings),
        tests(
            of: "Service",
            [
                "Telephony", "SIP", "RTP", "CallControl", "CallFlow", "Routing", "Distribution", "Documents",
                "Transport",
                "Records", "Admin",
            ]),
        // They run the program.
        tests(of: "ParleyTool"),
        // They run it against real peers.
        .testTarget(
            name: "InteropTests",
            dependencies: [
                "ParleyTool", "Telephony", "SIP", "RTP", "DSP", "AudioFiles", "Speech", "Records", "Connectors",
                "ConnectorDoubles", "Transport",
            ], exclude: ["kamailio.cfg"], swiftSettings: settings),
    ] + fuzzing
)

// swift-tools-version: 6.2
import PackageDescription

let settings: [SwiftSetting] =
    [
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("InternalImportsByDefault"),
        .enableUpcomingFeature("MemberImportVisibility"),
        .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
        .enableExperimentalFeature("Lifetimes"),
    ] + (Context.environment["CI"] == nil ? [] : [.treatAllWarnings(as: .error)])

let collections = Target.Dependency.product(name: "BasicContainers", package: "swift-collections")
let dequeModule = Target.Dependency.product(name: "DequeModule", package: "swift-collections")

func pure(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
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

let package = Package(
    name: "parley",
    products: [
        .executable(name: "parley", targets: ["ParleyTool"]),
        .library(name: "Formula", targets: ["Formula"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
    ],
    targets: [
        system("COpus", pkgConfig: "opus", apt: "libopus-dev"),
        system("CSpeexDSP", pkgConfig: "speexdsp", apt: "libspeexdsp-dev"),
        system("CSndFile", pkgConfig: "sndfile", apt: "libsndfile1-dev"),
        system("CFlite", apt: "flite1-dev"),

        // Pure: no I/O, clock, task, lock or Foundation (Formula excepted).
        pure("Telephony"),
        pure("RTP", ["Telephony", collections]),
        pure("DSP", ["Telephony", "COpus", "CSpeexDSP", collections]),
        pure("Formula", ["Telephony"]),
        pure("CallFlow", ["Telephony", "Formula", dequeModule]),
        pure("FrontEnd", ["Telephony", "DSP"]),
        pure("CallControl", ["Telephony", "RTP", "DSP", "CallFlow", "FrontEnd", "Formula", collections, dequeModule]),

        // Edges.
    ]
)

import BasicContainers
package import Telephony

// Where the state of calls lies. With a thousand calls each has been pushed out of the processor's cache when its tick
// comes round, and waiting for memory costs as much as the work. Whoever turns the crank knows a little before which calls
// come next, and can have their state fetched while it still waits for something else.
//
// What looks into a leg changes nothing and is mutating all the same: a method that borrows a value of nine kilobytes may be
// given a copy of it, one that may change it is given its place.

extension Switchboard {
    /// Tells where those parts of a call lie that every tick touches: pointers, which are not to be read, and octets. What the
    /// dialog keeps is touched when there is news, and not among them.
    package mutating func forEachPart(ofCallAt port: Port, _ body: (UnsafeRawPointer, Int) -> Void) {
        guard let place = place(ofCallAt: port) else { return }
        withUnsafePointer(to: &groups[place.group].calls[place.index].caller) { leg in
            body(UnsafeRawPointer(leg), MemoryLayout<Leg>.size)
        }
        withUnsafePointer(to: &groups[place.group].calls[place.index].player) { player in
            body(UnsafeRawPointer(player), MemoryLayout<PromptPlayer>.size)
        }
    }

    /// Tells likewise where that lies which the call's leg holds and does not contain: what the tick will touch of it. To ask
    /// is to read the call.
    package mutating func forEachPart(ofLegAt port: Port, _ body: (UnsafeRawPointer, Int) -> Void) {
        guard let place = place(ofCallAt: port) else { return }
        groups[place.group].calls[place.index].caller.forEachPart(body)
    }

    private func place(ofCallAt port: Port) -> CallPlace? {
        guard ports.indices.contains(Int(port.rawValue)), let use = ports[Int(port.rawValue)],
            slots.indices.contains(use.slot)
        else { return nil }
        let place = slots[use.slot]
        return groups.indices.contains(place.group) && groups[place.group].calls.indices.contains(place.index)
            ? place : nil
    }
}

extension Array {
    /// Tells where the elements lie, up to so many octets of them.
    func tellPart(_ body: (UnsafeRawPointer, Int) -> Void, upTo most: Int = 1_024) {
        withUnsafeBytes { octets in
            if let base = octets.baseAddress { body(base, Swift.min(octets.count, most)) }
        }
    }
}

/// Reads `YYYY-MM-DD HH:MM:SS[.ffffff](+|-)HH[:MM[:SS]]`, the one form that a session with `DateStyle=ISO` writes.
struct TimestampReader {
    private var text: ArraySlice<UInt8>

    init(text: ArraySlice<UInt8>) {
        self.text = text
    }

    /// Nil if the text is not of that form to its last character.
    mutating func microsecondsSince1970() -> Int? {
        guard let year = number(4...6), skip("-"), let month = number(2...2), skip("-"), let day = number(2...2),
            skip(" "), let hour = number(2...2), skip(":"), let minute = number(2...2), skip(":"), let second = number(2...2),
            let fraction = fraction(), let offset = offset(), text.isEmpty
        else { return nil }
        let days = Self.daysSince1970(year: year, month: month, day: day)
        let seconds = days * 86_400 + hour * 3600 + minute * 60 + second - offset
        return seconds * 1_000_000 + fraction
    }

    private mutating func skip(_ character: Unicode.Scalar) -> Bool {
        guard text.first == UInt8(ascii: character) else { return false }
        text.removeFirst()
        return true
    }

    private mutating func number(_ digits: ClosedRange<Int>) -> Int? {
        var value = 0
        var count = 0
        while let next = text.first, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(next), count < digits.upperBound {
            value = value * 10 + Int(next - UInt8(ascii: "0"))
            count += 1
            text.removeFirst()
        }
        return digits.contains(count) ? value : nil
    }

    /// Microseconds; PostgreSQL drops trailing zeros, and the point with the last of them.
    private mutating func fraction() -> Int? {
        guard skip(".") else { return 0 }
        let before = text.count
        guard var value = number(1...6) else { return nil }
        for _ in (before - text.count)..<6 { value *= 10 }
        return value
    }

    private mutating func offset() -> Int? {
        let isEast = skip("+")
        guard isEast || skip("-"), let hours = number(2...2) else { return nil }
        var seconds = hours * 3600
        if skip(":") {
            guard let minutes = number(2...2) else { return nil }
            seconds += minutes * 60
        }
        if skip(":") {
            guard let rest = number(2...2) else { return nil }
            seconds += rest
        }
        return isEast ? seconds : -seconds
    }

    /// Days of the Gregorian calendar, counted in years that begin in March so that the leap day comes last.
    private static func daysSince1970(year: Int, month: Int, day: Int) -> Int {
        let shifted = month <= 2 ? year - 1 : year
        let monthFromMarch = (month + 9) % 12
        let dayOfYear = (153 * monthFromMarch + 2) / 5 + day - 1
        let daysToYear = shifted * 365 + shifted / 4 - shifted / 100 + shifted / 400
        return daysToYear + dayOfYear - 719_468
    }
}

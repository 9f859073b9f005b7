import CRabbitMQ
import Glibc

/// Lays out a message's properties in memory that lives until the next message.
///
/// The library's own pool serves: it hands out pieces and takes them back all at once. One encoder belongs to one thread.
@safe final class PropertyEncoder {
    private var pool = unsafe amqp_pool_t()

    init() {
        // Pages of 4 KiB hold the properties of an ordinary message.
        unsafe init_amqp_pool(&pool, 4096)
    }

    deinit {
        unsafe empty_amqp_pool(&pool)
    }

    /// Forgets everything laid out before.
    func reset() {
        unsafe recycle_amqp_pool(&pool)
    }

    /// The properties of `publication`, valid until `reset`.
    func properties(of publication: Publication) -> amqp_basic_properties_t {
        var properties = unsafe amqp_basic_properties_t()
        unsafe properties.delivery_mode = UInt8(AMQP_DELIVERY_PERSISTENT.rawValue)
        unsafe properties.content_type = bytes(publication.contentType)
        unsafe properties.message_id = bytes(publication.messageID)
        unsafe properties.timestamp = UInt64(clamping: time(nil))
        var flags =
            AMQP_BASIC_DELIVERY_MODE_FLAG | AMQP_BASIC_CONTENT_TYPE_FLAG | AMQP_BASIC_MESSAGE_ID_FLAG | AMQP_BASIC_TIMESTAMP_FLAG
        if !publication.headers.isEmpty {
            unsafe properties.headers = table(publication.headers)
            flags |= AMQP_BASIC_HEADERS_FLAG
        }
        unsafe properties._flags = amqp_flags_t(bitPattern: flags)
        return unsafe properties
    }

    /// A copy of `text`, valid until `reset`.
    func bytes(_ text: String) -> amqp_bytes_t {
        var copy = unsafe amqp_bytes_t()
        let utf8 = Array(text.utf8)
        guard !utf8.isEmpty else { return unsafe copy }
        unsafe amqp_pool_alloc_bytes(&pool, utf8.count, &copy)
        unsafe UnsafeMutableRawBufferPointer(start: copy.bytes, count: copy.len).copyBytes(from: utf8)
        return unsafe copy
    }

    private func table(_ headers: [String: String]) -> amqp_table_t {
        let size = unsafe headers.count * MemoryLayout<amqp_table_entry_t>.stride
        guard let memory = unsafe amqp_pool_alloc(&pool, size) else { return unsafe amqp_table_t() }
        let entries = unsafe memory.bindMemory(to: amqp_table_entry_t.self, capacity: headers.count)
        for (index, header) in headers.enumerated() {
            var entry = unsafe amqp_table_entry_t()
            unsafe entry.key = bytes(header.key)
            unsafe entry.value.kind = UInt8(AMQP_FIELD_KIND_UTF8.rawValue)
            unsafe entry.value.value.bytes = bytes(header.value)
            unsafe (entries + index).initialize(to: entry)
        }
        return unsafe amqp_table_t(num_entries: Int32(headers.count), entries: entries)
    }
}

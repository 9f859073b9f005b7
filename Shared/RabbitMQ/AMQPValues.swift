import CRabbitMQ

extension amqp_bytes_t {
    /// A copy of the bytes.
    var array: [UInt8] { unsafe Array(UnsafeRawBufferPointer(start: bytes, count: len)) }

    /// A copy of the bytes as text; what is not UTF-8 is replaced by U+FFFD.
    var string: String { unsafe String(decoding: UnsafeRawBufferPointer(start: bytes, count: len), as: UTF8.self) }
}

extension amqp_method_t {
    /// The decoded arguments, whose type must be that of the method's `id`; what they point to lives as long as the frame.
    func arguments<T>(as type: T.Type) -> T { unsafe decoded.assumingMemoryBound(to: type).pointee }
}

extension amqp_table_t {
    /// Copies of the fields that can be said in a string.
    var strings: [String: String] {
        var strings: [String: String] = [:]
        guard let entries = unsafe entries else { return strings }
        for index in unsafe 0..<Int(num_entries) {
            let entry = unsafe entries[index]
            unsafe strings[entry.key.string] = entry.value.string
        }
        return strings
    }
}

extension amqp_field_value_t {
    /// Text as it is, numbers, booleans and timestamps (seconds since 1970) written out, nil for everything else.
    var string: String? {
        switch unsafe amqp_field_value_kind_t(UInt32(kind)) {
        case AMQP_FIELD_KIND_UTF8: unsafe value.bytes.string
        case AMQP_FIELD_KIND_BOOLEAN: unsafe value.boolean != 0 ? "true" : "false"
        case AMQP_FIELD_KIND_I8: unsafe String(value.i8)
        case AMQP_FIELD_KIND_U8: unsafe String(value.u8)
        case AMQP_FIELD_KIND_I16: unsafe String(value.i16)
        case AMQP_FIELD_KIND_U16: unsafe String(value.u16)
        case AMQP_FIELD_KIND_I32: unsafe String(value.i32)
        case AMQP_FIELD_KIND_U32: unsafe String(value.u32)
        case AMQP_FIELD_KIND_I64: unsafe String(value.i64)
        case AMQP_FIELD_KIND_U64, AMQP_FIELD_KIND_TIMESTAMP: unsafe String(value.u64)
        case AMQP_FIELD_KIND_F32: unsafe String(value.f32)
        case AMQP_FIELD_KIND_F64: unsafe String(value.f64)
        default: nil
        }
    }
}

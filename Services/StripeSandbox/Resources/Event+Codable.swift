extension Event: Codable {
    private enum CodingKeys: String, CodingKey {
        case id, created, type, version, object, previousAttributes, cause, pendingWebhooks
    }

    init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            id: try values.decode(String.self, forKey: .id), created: try values.decode(Int.self, forKey: .created),
            type: try values.decode(String.self, forKey: .type), version: try values.decode(APIVersion.self, forKey: .version),
            object: try values.decode(JSONText.self, forKey: .object).json,
            previousAttributes: try values.decodeIfPresent(JSONText.self, forKey: .previousAttributes)?.json,
            cause: try values.decodeIfPresent(RequestCause.self, forKey: .cause),
            pendingWebhooks: try values.decode(Int.self, forKey: .pendingWebhooks))
    }

    func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode(id, forKey: .id)
        try values.encode(created, forKey: .created)
        try values.encode(type, forKey: .type)
        try values.encode(version, forKey: .version)
        try values.encode(JSONText(object), forKey: .object)
        try values.encodeIfPresent(previousAttributes.map(JSONText.init), forKey: .previousAttributes)
        try values.encodeIfPresent(cause, forKey: .cause)
        try values.encode(pendingWebhooks, forKey: .pendingWebhooks)
    }
}

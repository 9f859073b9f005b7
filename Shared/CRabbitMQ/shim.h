#pragma once

#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/time.h>

#if __has_include(<rabbitmq-c/amqp.h>)
#include <rabbitmq-c/amqp.h>
#include <rabbitmq-c/framing.h>
#include <rabbitmq-c/ssl_socket.h>
#include <rabbitmq-c/tcp_socket.h>
#else
#include <amqp.h>
#include <amqp_framing.h>
#include <amqp_ssl_socket.h>
#include <amqp_tcp_socket.h>
#endif

/// The library's login is variadic, which Swift cannot call. The capabilities make the broker say what it otherwise keeps
/// to itself: that a consumer's queue is gone, and that an alarm has stopped publishers.
static inline amqp_rpc_reply_t rabbit_login(
    amqp_connection_state_t state, const char *vhost, int frame_max, int heartbeat, const char *connection_name,
    const char *user, const char *password) {
    const char *const names[] = {"basic.nack", "connection.blocked", "consumer_cancel_notify", "publisher_confirms"};
    amqp_table_entry_t capabilities[sizeof names / sizeof *names];
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        capabilities[i].key = amqp_cstring_bytes(names[i]);
        capabilities[i].value.kind = AMQP_FIELD_KIND_BOOLEAN;
        capabilities[i].value.value.boolean = 1;
    }
    amqp_table_entry_t properties[2];
    properties[0].key = amqp_cstring_bytes("capabilities");
    properties[0].value.kind = AMQP_FIELD_KIND_TABLE;
    properties[0].value.value.table.num_entries = (int)(sizeof names / sizeof *names);
    properties[0].value.value.table.entries = capabilities;
    properties[1].key = amqp_cstring_bytes("connection_name");
    properties[1].value.kind = AMQP_FIELD_KIND_UTF8;
    properties[1].value.value.bytes = amqp_cstring_bytes(connection_name);
    const amqp_table_t table = {2, properties};
    return amqp_login_with_properties(
        state, vhost, /* channel_max: the one data channel */ 1, frame_max, heartbeat, &table, AMQP_SASL_METHOD_PLAIN, user, password);
}

/// Names the calling thread for debuggers; variadic as well.
static inline void rabbit_name_thread(const char *name) { prctl(PR_SET_NAME, name); }

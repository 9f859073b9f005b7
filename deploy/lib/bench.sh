# shellcheck shell=bash
# `deploy/local bench`: what this costs beside others, measured in one run on one machine.

# The commit at which the cost of an event through the whole pipeline began to be measured.
PIPELINE_THEN=2e2ffeb041eb69ae3ca671d876f0d0b74d5bab35

bench() { # webhook|pipeline|reads|sandbox|analytics [ARGUMENT…]
    local what=${1:-webhook}
    shift $(($# > 0 ? 1 : 0))
    [[ " webhook pipeline reads sandbox analytics " = *" $what "* ]] || fail "there is no bench called $what (there are: webhook, pipeline, reads, sandbox, analytics)"
    # An installation of its own, optimised; what `up` started is not touched, and should not run meanwhile.
    export PAYMENTS_HOME=$PAYMENTS_HOME/bench CONFIGURATION=release
    open_home
    if [ "$what" != webhook ]; then
        "bench_$what" "$@"
        return
    fi
    PACKAGES+=(wrk golang-go golang-github-jackc-pgx-v4-dev python3-starlette python3-uvicorn python3-uvloop python3-httptools
        python3-asyncpg python3-ujson)
    require_packages
    trap end_bench EXIT
    obey_signals
    run_to_end "$DEPLOY/local" up --only webhook
    bench_webhook "$@"
}

# The sandbox needs no server beside it, so nothing is started but itself.
bench_sandbox() { # [ARGUMENT…]: what sandbox.py takes
    take_lock
    require_swift
    PACKAGES+=(wrk)
    require_packages
    obey_signals
    build StripeSandbox
    run_to_end python3 "$DEPLOY/bench/sandbox.py" "$BINARIES/StripeSandbox" "$@"
}

bench_webhook() { # [ARGUMENT…]: what webhook.py takes
    local go=$PAYMENTS_HOME/bench-door-go
    export_what_runs
    # The Go peer from Debian's own packages: nothing is fetched.
    (cd "$DEPLOY/bench/peers" && GO111MODULE=off GOPATH=/usr/share/gocode GOCACHE=$PAYMENTS_HOME/go-cache go build -o "$go" door.go)
    BENCH_GO_PORT=$(unused_port)
    BENCH_PYTHON_PORT=$(unused_port)
    export BENCH_GO=$go BENCH_GO_PORT BENCH_PYTHON_PORT
    PATH=$PATH:$(dirname "$(compgen -G '/usr/lib/postgresql/*/bin/pgbench' | tail -n 1)") run_to_end python3 "$DEPLOY/bench/webhook.py" "$@"
}

# Two installations, which never run at the same time; of the older one the source is taken from the repository.
bench_pipeline() { # [ARGUMENT…]: what pipeline.py takes
    local then=$PAYMENTS_HOME/at-$PIPELINE_THEN installations=()
    take_lock
    require_swift
    require_packages
    obey_signals
    build
    if [[ " $* " != *" --only-now "* && " $* " != *" --rows "* && " $* " != *" --help "* ]]; then
        git -C "$ROOT" cat-file -e "$PIPELINE_THEN^{commit}" 2>/dev/null || fail "commit $PIPELINE_THEN is not in this repository: --only-now measures without it"
        mkdir -p "$then"
        git -C "$ROOT" archive "$PIPELINE_THEN" | tar -x -C "$then"
        # The stand-in for Stripe is the same for both: it is not what is measured.
        rm -rf "$then/Services/StripeSandbox"
        cp -R "$ROOT/Services/StripeSandbox" "$then/Services/"
        with_progress 'build of then' "$PAYMENTS_HOME/log/build.log" swift build -c release --package-path "$then"
        installations=("then=$then=$PAYMENTS_HOME/pipeline-then")
    fi
    installations+=("now=$ROOT=$PAYMENTS_HOME/pipeline-now")
    exec 9>&- # each installation has a lock of its own
    trap end_pipeline EXIT
    remove_pipelines # what a run that was cut off left
    run_to_end "$(find_python)" -uB "$DEPLOY/bench/pipeline.py" "${installations[@]}" "$@"
}

remove_pipelines() {
    local name
    for name in then now; do
        if [ -d "$PAYMENTS_HOME/pipeline-$name" ]; then
            PAYMENTS_HOME=$PAYMENTS_HOME/pipeline-$name "$DEPLOY/local" down || true
            "$DEPLOY/postgres/cluster" remove "$PAYMENTS_HOME/pipeline-$name/postgres" || true
            rm -rf "$PAYMENTS_HOME/pipeline-$name"
        fi
    done
}

end_pipeline() {
    local status=$?
    trap - EXIT HUP INT TERM
    remove_pipelines
    exit $status
}

bench_reads() { # [ARGUMENT…]: what reads.py takes
    PACKAGES+=(wrk python3-starlette python3-uvicorn python3-uvloop python3-httptools python3-asyncpg python3-jwt python3-pip)
    require_packages
    trap end_bench EXIT
    obey_signals
    # The one thing that Debian does not have.
    BENCH_PYTHON=$PAYMENTS_HOME/python
    if [ ! -d "$BENCH_PYTHON/orjson" ]; then
        with_progress 'orjson for the Python peer' "$PAYMENTS_HOME/log/pip.log" python3 -m pip install -q --target "$BENCH_PYTHON" orjson
    fi
    run_to_end "$DEPLOY/local" up --only checkout
    export_what_runs
    BENCH_PYTHON_PORT=$(unused_port)
    export BENCH_PYTHON BENCH_PYTHON_PORT
    run_to_end python3 -uB "$DEPLOY/bench/reads.py" "$@"
}

bench_analytics() { # [ARGUMENT…]: what analytics.py takes
    require_packages
    trap end_bench EXIT
    obey_signals
    # Nothing is to be purged, sealed or asked of others while it is measured.
    run_to_end "$DEPLOY/local" up --only analytics
    export_what_runs
    BENCH_AMQP_URL=amqp://checkout:$(url_encoded "$CHECKOUT_AMQP_PASSWORD")@127.0.0.1:$RABBITMQ_PORT/payments
    export BENCH_AMQP_URL
    run_to_end "$(find_python)" -uB "$DEPLOY/bench/analytics.py" "$@"
}

# For a bench: the settings in force, and PostgreSQL as its superuser and as a process.
export_what_runs() {
    local name value
    load_state
    choose_settings
    while IFS='=' read -r name value; do export "$name=$value"; done < <("$DEPLOY/local" env)
    BENCH_POSTGRES_PID=$("$DEPLOY/postgres/cluster" status "$PAYMENTS_HOME/postgres" | cut -d' ' -f2)
    BENCH_DATABASE_URL=postgresql://postgres:$("$DEPLOY/postgres/cluster" password "$PAYMENTS_HOME/postgres")@127.0.0.1:$POSTGRES_PORT/payments
    export BENCH_POSTGRES_PID BENCH_DATABASE_URL
}

end_bench() {
    local status=$?
    trap - EXIT HUP INT TERM
    "$DEPLOY/local" down || true
    "$DEPLOY/postgres/cluster" remove "$PAYMENTS_HOME/postgres" || true
    exit $status
}

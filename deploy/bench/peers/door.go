// The same door by hand in Go: net/http, one verified event, one prepared insert, one commit, 200. Measured beside ours by
// `deploy/local bench webhook`; built from Debian's golang-go and golang-github-jackc-pgx-v4-dev.
//
//	door ADDRESS DATABASE_URL          secret: STRIPE_WEBHOOK_SECRET
package main

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"log"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v4/pgxpool"
)

const table = `CREATE TABLE IF NOT EXISTS door_go (id text PRIMARY KEY, type text NOT NULL, livemode boolean NOT NULL,
    received_at timestamptz NOT NULL DEFAULT now(), raw jsonb NOT NULL)`
const insert = `INSERT INTO door_go (id, type, livemode, raw) VALUES ($1, $2, $3, $4) ON CONFLICT (id) DO NOTHING`

type event struct {
	ID       string `json:"id"`
	Type     string `json:"type"`
	Livemode bool   `json:"livemode"`
}

func signed(header string, body, secret []byte) bool {
	var moment string
	var signatures [][]byte
	for _, part := range strings.Split(header, ",") {
		name, value, _ := strings.Cut(part, "=")
		switch name {
		case "t":
			moment = value
		case "v1":
			if signature, err := hex.DecodeString(value); err == nil {
				signatures = append(signatures, signature)
			}
		}
	}
	seconds, err := strconv.ParseInt(moment, 10, 64)
	if age := time.Now().Unix() - seconds; err != nil || age > 300 || age < -300 {
		return false
	}
	code := hmac.New(sha256.New, secret)
	io.WriteString(code, moment)
	io.WriteString(code, ".")
	code.Write(body)
	sum := code.Sum(nil)
	for _, signature := range signatures {
		if hmac.Equal(sum, signature) {
			return true
		}
	}
	return false
}

func main() {
	secret := []byte(os.Getenv("STRIPE_WEBHOOK_SECRET"))
	pool, err := pgxpool.Connect(context.Background(), os.Args[2])
	if err != nil {
		log.Fatal(err)
	}
	if _, err = pool.Exec(context.Background(), table); err != nil {
		log.Fatal(err)
	}
	http.HandleFunc("/webhook", func(answer http.ResponseWriter, request *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(answer, request.Body, 4<<20))
		var received event
		if err != nil || !signed(request.Header.Get("Stripe-Signature"), body, secret) || json.Unmarshal(body, &received) != nil {
			http.Error(answer, "refused", http.StatusBadRequest)
			return
		}
		if _, err = pool.Exec(request.Context(), insert, received.ID, received.Type, received.Livemode, string(body)); err != nil {
			http.Error(answer, "cannot store", http.StatusServiceUnavailable)
			return
		}
		answer.WriteHeader(http.StatusOK)
	})
	log.Fatal(http.ListenAndServe(os.Args[1], nil))
}

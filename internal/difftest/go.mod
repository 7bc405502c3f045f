module github.com/gotenancy/tenancy/internal/difftest

go 1.26.0

replace github.com/gotenancy/tenancy => ../..

require (
	github.com/gotenancy/tenancy v0.0.0
	github.com/pganalyze/pg_query_go/v6 v6.2.5
	github.com/sqlc-dev/oliphant v0.2.0
	github.com/stretchr/testify v1.12.1
)

require (
	github.com/go-sql-driver/mysql v1.10.1 // indirect
	github.com/jmoiron/sqlx v1.4.0 // indirect
	github.com/mattn/go-sqlite3 v1.14.53 // indirect
	github.com/sqlc-dev/meyer v0.1.2 // indirect
	go.yaml.in/yaml/v3 v3.0.5 // indirect
	google.golang.org/protobuf v1.36.12 // indirect
)

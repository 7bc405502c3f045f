module github.com/gotenancy/tenancy

go 1.25.0

require (
	github.com/DATA-DOG/go-sqlmock v1.5.2 // indirect
	github.com/jmoiron/sqlx v1.4.0 // indirect
	github.com/stretchr/testify v1.12.1 // indirect
)

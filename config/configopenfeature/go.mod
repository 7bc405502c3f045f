module github.com/gotenancy/tenancy/config/configopenfeature

go 1.25.0

require (
	github.com/gotenancy/tenancy v0.0.0
	github.com/open-feature/go-sdk v1.18.0
	github.com/stretchr/testify v1.12.1
)

require (
	go.uber.org/mock v0.6.0 // indirect
	go.yaml.in/yaml/v3 v3.0.5 // indirect
)

replace github.com/gotenancy/tenancy => ../..

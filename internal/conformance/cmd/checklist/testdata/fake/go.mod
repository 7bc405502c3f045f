module example.test/fake

go 1.25.0

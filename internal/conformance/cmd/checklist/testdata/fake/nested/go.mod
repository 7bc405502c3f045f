module example.test/fake/nested

go 1.25.0

module lightspan/tests/peers/lightstep

go 1.25.0

require (
	github.com/gogo/protobuf v1.3.2
	github.com/lightstep/lightstep-tracer-common/golang/gogo v0.0.0-20210210170715-a8dfcb80d3a7
	golang.org/x/net v0.0.0-20201021035429-f5854403a974
	google.golang.org/grpc v1.21.0
)

require (
	github.com/golang/protobuf v1.3.1 // indirect
	golang.org/x/sys v0.0.0-20200930185726-fdedc70b468f // indirect
	golang.org/x/text v0.3.3 // indirect
	google.golang.org/genproto v0.0.0-20190530194941-fb225487d101 // indirect
)

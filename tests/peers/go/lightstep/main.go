// Command lightstep is a Lightstep collector on the types that Lightstep published for Go. It takes reports over HTTP
// and gRPC, and only that package decodes them. It prints one JSON value per line: first where it listens, then each
// decoded report. It never prints a token, only whether the report's header and its body had the one in the environment
// variable TOKEN.
package main

import (
	"compress/gzip"
	"compress/zlib"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"sync"

	"github.com/gogo/protobuf/proto"
	"github.com/gogo/protobuf/types"
	"github.com/lightstep/lightstep-tracer-common/golang/gogo/collectorpb"
	"golang.org/x/net/context"
	"google.golang.org/grpc"
	_ "google.golang.org/grpc/encoding/gzip"
	"google.golang.org/grpc/metadata"
)

const maxBody = 16 << 20

type span struct {
	TraceID        string                 `json:"traceId"`
	SpanID         string                 `json:"spanId"`
	References     []reference            `json:"references"`
	Operation      string                 `json:"operation"`
	StartMicros    int64                  `json:"startMicros"`
	DurationMicros uint64                 `json:"durationMicros"`
	Tags           map[string]interface{} `json:"tags"`
}

type reference struct {
	Relationship string `json:"relationship"`
	TraceID      string `json:"traceId"`
	SpanID       string `json:"spanId"`
}

type report struct {
	Transport       string                 `json:"transport"`
	ContentEncoding string                 `json:"contentEncoding"`
	TokenInHeader   bool                   `json:"tokenInHeader"`
	TokenInBody     bool                   `json:"tokenInBody"`
	ReporterID      string                 `json:"reporterId"`
	ReporterTags    map[string]interface{} `json:"reporterTags"`
	SpansDropped    int64                  `json:"spansDropped"`
	Spans           []span                 `json:"spans"`
}

func hex(id uint64) string { return fmt.Sprintf("%016x", id) }

func tags(list []*collectorpb.KeyValue) map[string]interface{} {
	values := make(map[string]interface{}, len(list))
	for _, tag := range list {
		switch value := tag.Value.(type) {
		case *collectorpb.KeyValue_StringValue:
			values[tag.Key] = value.StringValue
		case *collectorpb.KeyValue_IntValue:
			values[tag.Key] = value.IntValue
		case *collectorpb.KeyValue_DoubleValue:
			values[tag.Key] = value.DoubleValue
		case *collectorpb.KeyValue_BoolValue:
			values[tag.Key] = value.BoolValue
		case *collectorpb.KeyValue_JsonValue:
			values[tag.Key] = json.RawMessage(value.JsonValue)
		}
	}
	return values
}

func describe(decoded *collectorpb.Span) span {
	references := []reference{}
	for _, each := range decoded.References {
		context := each.GetSpanContext()
		references = append(references, reference{
			Relationship: each.Relationship.String(), TraceID: hex(context.GetTraceId()), SpanID: hex(context.GetSpanId()),
		})
	}
	start := decoded.GetStartTimestamp()
	return span{
		TraceID:        hex(decoded.GetSpanContext().GetTraceId()),
		SpanID:         hex(decoded.GetSpanContext().GetSpanId()),
		References:     references,
		Operation:      decoded.OperationName,
		StartMicros:    start.GetSeconds()*1e6 + int64(start.GetNanos())/1e3,
		DurationMicros: decoded.DurationMicros,
		Tags:           tags(decoded.Tags),
	}
}

type collector struct {
	mutex sync.Mutex
	out   *json.Encoder
	token string
}

func (c *collector) tell(value interface{}) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if err := c.out.Encode(value); err != nil {
		log.Fatal(err)
	}
}

func (c *collector) take(request *collectorpb.ReportRequest, transport, encoding string, tokens []string) *collectorpb.ReportResponse {
	received := types.TimestampNow()
	spans := []span{}
	for _, decoded := range request.Spans {
		spans = append(spans, describe(decoded))
	}
	var dropped int64
	for _, count := range request.GetInternalMetrics().GetCounts() {
		if count.Name == "spans.dropped" {
			dropped += count.GetIntValue()
		}
	}
	c.tell(report{
		Transport:       transport,
		ContentEncoding: encoding,
		TokenInHeader:   len(tokens) == 1 && tokens[0] == c.token,
		TokenInBody:     request.GetAuth().GetAccessToken() == c.token,
		ReporterID:      hex(request.GetReporter().GetReporterId()),
		ReporterTags:    tags(request.GetReporter().GetTags()),
		SpansDropped:    dropped,
		Spans:           spans,
	})
	return &collectorpb.ReportResponse{ReceiveTimestamp: received, TransmitTimestamp: types.TimestampNow()}
}

// Report is the gRPC side.
func (c *collector) Report(ctx context.Context, request *collectorpb.ReportRequest) (*collectorpb.ReportResponse, error) {
	head, _ := metadata.FromIncomingContext(ctx)
	encoding := ""
	if named := head.Get("grpc-encoding"); len(named) > 0 {
		encoding = named[0]
	}
	return c.take(request, "grpc", encoding, head.Get("lightstep-access-token")), nil
}

// ServeHTTP is the HTTP side.
func (c *collector) ServeHTTP(answer http.ResponseWriter, request *http.Request) {
	encoding := request.Header.Get("Content-Encoding")
	body, err := unpack(request.Body, encoding)
	if err != nil {
		http.Error(answer, err.Error(), http.StatusBadRequest)
		return
	}
	decoded := &collectorpb.ReportRequest{}
	if err := proto.Unmarshal(body, decoded); err != nil {
		http.Error(answer, err.Error(), http.StatusBadRequest)
		return
	}
	packed, err := proto.Marshal(c.take(decoded, "http", encoding, request.Header.Values("Lightstep-Access-Token")))
	if err != nil {
		http.Error(answer, err.Error(), http.StatusInternalServerError)
		return
	}
	answer.Header().Set("Content-Type", "application/octet-stream")
	answer.Write(packed)
}

func unpack(body io.Reader, encoding string) ([]byte, error) {
	reader := body
	var err error
	switch encoding {
	case "":
	case "deflate":
		reader, err = zlib.NewReader(body)
	case "gzip":
		reader, err = gzip.NewReader(body)
	default:
		err = fmt.Errorf("content-encoding %s is not known here", encoding)
	}
	if err != nil {
		return nil, err
	}
	whole, err := io.ReadAll(io.LimitReader(reader, maxBody+1))
	if err == nil && len(whole) > maxBody {
		err = fmt.Errorf("more than %d bytes", maxBody)
	}
	return whole, err
}

func listen() (net.Listener, int) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	return listener, listener.Addr().(*net.TCPAddr).Port
}

func main() {
	c := &collector{out: json.NewEncoder(os.Stdout), token: os.Getenv("TOKEN")}
	overHTTP, httpPort := listen()
	overGRPC, grpcPort := listen()
	server := grpc.NewServer(grpc.MaxRecvMsgSize(maxBody))
	collectorpb.RegisterCollectorServiceServer(server, c)
	mux := http.NewServeMux()
	mux.Handle("/api/v2/reports", c)
	c.tell(map[string]int{"http": httpPort, "grpc": grpcPort})
	go func() { log.Fatal(server.Serve(overGRPC)) }()
	log.Fatal(http.Serve(overHTTP, mux))
}

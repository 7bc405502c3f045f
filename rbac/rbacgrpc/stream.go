package rbacgrpc

import (
	"sync/atomic"

	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
)

// serverStream checks what the handler receives. gRPC allows one goroutine to
// receive while another sends.
type serverStream struct {
	grpc.ServerStream
	cfg    *Config
	method string

	passed  atomic.Bool           // a message has passed, and none was refused
	refused atomic.Pointer[error] // the first status
}

// RecvMsg implements grpc.ServerStream.
func (s *serverStream) RecvMsg(m any) error {
	if refused := s.refused.Load(); refused != nil {
		return *refused
	}
	if err := s.ServerStream.RecvMsg(m); err != nil {
		return err
	}
	if err := s.cfg.check(s.Context(), s.method, m); err != nil {
		s.passed.Store(false)
		s.refused.CompareAndSwap(nil, &err)
		return err
	}
	s.passed.Store(true)
	return nil
}

// SendMsg implements grpc.ServerStream.
func (s *serverStream) SendMsg(m any) error {
	if err := s.maySend(); err != nil {
		return err
	}
	return s.ServerStream.SendMsg(m)
}

// SetHeader implements grpc.ServerStream.
func (s *serverStream) SetHeader(md metadata.MD) error {
	if err := s.maySend(); err != nil {
		return err
	}
	return s.ServerStream.SetHeader(md)
}

// SendHeader implements grpc.ServerStream.
func (s *serverStream) SendHeader(md metadata.MD) error {
	if err := s.maySend(); err != nil {
		return err
	}
	return s.ServerStream.SendHeader(md)
}

// SetTrailer implements grpc.ServerStream. Before a message has passed it does
// nothing.
func (s *serverStream) SetTrailer(md metadata.MD) {
	if s.passed.Load() {
		s.ServerStream.SetTrailer(md)
	}
}

func (s *serverStream) maySend() error {
	if s.passed.Load() {
		return nil
	}
	if refused := s.refused.Load(); refused != nil {
		return *refused
	}
	return s.early()
}

// early is what a handler gets that sends too soon; the call ends with it.
func (s *serverStream) early() error {
	if s.cfg.OnRefused != nil {
		s.cfg.OnRefused(s.Context(), s.method, errEarly)
	}
	err := internal
	s.refused.CompareAndSwap(nil, &err)
	return err
}

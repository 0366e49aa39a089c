// A listener of the push messages, with Beast's client: independent of the server's framing. Every
// call has a deadline.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/websocket.hpp>
#include <boost/json.hpp>
#include <chrono>
#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace onrush::test {

namespace beast = boost::beast;
namespace websocket = boost::beast::websocket;

class LiveClient {
 public:
  // `origin` "": no browser. Look at connected(), or at status() for a refusal.
  explicit LiveClient(std::uint16_t port, std::string_view sale = "s", std::string origin = {}) {
    boost::system::error_code error;
    beast::get_lowest_layer(socket_).socket().connect(
        {boost::asio::ip::address_v4::loopback(), port}, error);
    if (error) return;
    socket_.set_option(
        websocket::stream_base::decorator([origin](websocket::request_type& request) {
          if (!origin.empty()) request.set("Origin", origin);
        }));
    run([&](auto done) {
      socket_.async_handshake(answer_, "127.0.0.1", "/api/v1/live?sale=" + std::string(sale), done);
    });
    connected_ = !error_;
  }

  [[nodiscard]] bool connected() const { return connected_; }
  [[nodiscard]] int status() const { return static_cast<int>(answer_.result_int()); }
  // After the server has closed: its code, else 0.
  [[nodiscard]] int close_code() const {
    return error_ == websocket::error::closed ? socket_.reason().code : 0;
  }

  void say(const std::string& text) {
    run([&](auto done) {
      socket_.async_write(boost::asio::buffer(text),
                          [done](auto error, std::size_t) { done(error); });
    });
  }
  void hello(std::string_view token) {
    say(boost::json::serialize(boost::json::object{{"type", "hello"}, {"token", token}}));
  }

  // The next message; null once the connection has ended or said nothing for ten seconds.
  boost::json::value next() {
    buffer_.clear();
    run([&](auto done) {
      socket_.async_read(buffer_, [done](auto error, std::size_t) { done(error); });
    });
    if (error_) return nullptr;
    return boost::json::parse(beast::buffers_to_string(buffer_.data()));
  }
  // The next message of this type; those before it are counted in skipped(), by type.
  boost::json::value next(std::string_view type) {
    for (;;) {
      boost::json::value message = next();
      if (message.is_null() || message.at("type").as_string() == type) return message;
      ++skipped_[std::string(message.at("type").as_string())];
    }
  }
  [[nodiscard]] int skipped(const std::string& type) { return skipped_[type]; }

  // Returns once everything that was on its way to this listener has been read.
  void catch_up() {
    say(R"({"type":"ping","echo":"here"})");
    (void)next("pong");
  }

 private:
  template <class Start>
  void run(Start start) {
    error_ = boost::asio::error::timed_out;
    start([this](boost::system::error_code error) { error_ = error; });
    io_.restart();
    io_.run_for(std::chrono::seconds(10));
    if (io_.stopped()) return;
    // Nothing came: the operation must not outlive what it works on.
    beast::get_lowest_layer(socket_).close();
    io_.restart();
    io_.run();
    error_ = boost::asio::error::timed_out;
  }

  boost::asio::io_context io_;
  websocket::stream<beast::tcp_stream> socket_{io_};
  websocket::response_type answer_;
  beast::flat_buffer buffer_;
  boost::system::error_code error_;
  std::map<std::string, int, std::less<>> skipped_;
  bool connected_ = false;
};

}  // namespace onrush::test

#pragma once

#include <cstdio>
#include <cstdlib>
#include <optional>
#include <utility>
#include <variant>

#include "services/base/error.h"

namespace nuri {

// A value or an Error. Never empty. `TRY` unwraps in ordinary functions (not in coroutines: g++ 12
// crashes on a statement-expression around co_await).
template <class T>
class [[nodiscard]] Result {
 public:
  using value_type = T;
  Result(T value) : v_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : v_(std::in_place_index<1>, std::move(error)) {}
  template <class U>
    requires(std::is_convertible_v<U&&, T> && !std::is_same_v<std::remove_cvref_t<U>, Result> &&
             !std::is_same_v<std::remove_cvref_t<U>, Error> && !std::is_same_v<std::remove_cvref_t<U>, T>)
  Result(U&& value) : v_(std::in_place_index<0>, std::forward<U>(value)) {}

  bool ok() const { return v_.index() == 0; }
  explicit operator bool() const { return ok(); }
  T& value() & { check(); return *std::get_if<0>(&v_); }
  const T& value() const& { check(); return *std::get_if<0>(&v_); }
  T value() && { check(); return std::move(*std::get_if<0>(&v_)); }  // a value: loops over *f() are safe
  T& operator*() & { return value(); }
  T operator*() && { return std::move(*this).value(); }
  const T& operator*() const& { return value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }
  T value_or(T other) const { return ok() ? value() : std::move(other); }
  Error& error() { return *std::get_if<1>(&v_); }
  const Error& error() const { return *std::get_if<1>(&v_); }

 private:
  void check() const {
    if (!ok()) {
      std::fprintf(stderr, "Result: value() of an error: %s\n", error().message.c_str());
      std::abort();
    }
  }
  std::variant<T, Error> v_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  using value_type = void;
  Result() = default;
  Result(Error error) : e_(std::move(error)) {}
  bool ok() const { return !e_; }
  explicit operator bool() const { return ok(); }
  Error& error() { return *e_; }
  const Error& error() const { return *e_; }

 private:
  std::optional<Error> e_;
};

using Status = Result<void>;

}  // namespace nuri

#define NURI_CONCAT_(a, b) a##b
#define NURI_CONCAT(a, b) NURI_CONCAT_(a, b)

// Statement form: TRYV(f()); returns the error from the enclosing function.
#define TRYV(expr) NURI_TRYV_(expr, NURI_CONCAT(nuri_try_, __COUNTER__))
#define NURI_TRYV_(expr, name)                  \
  do {                                          \
    auto name = (expr);                         \
    if (!name) return std::move(name).error();  \
  } while (0)

// Expression form (GNU statement expression): auto x = TRY(f());
#define TRY(expr) NURI_TRY_(expr, NURI_CONCAT(nuri_try_, __COUNTER__))
#define NURI_TRY_(expr, name)                   \
  __extension__({                               \
    auto name = (expr);                         \
    if (!name) return std::move(name).error();  \
    std::move(name).value();                    \
  })

// The one place where Asio and Beast are compiled (see the *_SEPARATE_COMPILATION definitions).
#include <boost/asio/impl/src.hpp>
#include <boost/beast/src.hpp>

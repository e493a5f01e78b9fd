# What `cmake --install` puts where: headers, both libraries in both kinds, pkg-config files, a CMake package,
# the command and the udev rule.
include(CMakePackageConfigHelpers)

set(package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/libdfu")

install(DIRECTORY "${PROJECT_SOURCE_DIR}/include/libdfu" DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}"
        FILES_MATCHING PATTERN "*.h")

# Two export sets, because only the static libraries hand their own dependencies on to their users.
install(TARGETS libdfu-static libdfu-sim-static EXPORT libdfu-static-targets
        ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}")
install(EXPORT libdfu-static-targets NAMESPACE libdfu:: DESTINATION "${package_dir}")
if(BUILD_SHARED_LIBS)
    install(TARGETS libdfu libdfu-sim EXPORT libdfu-shared-targets
            LIBRARY DESTINATION "${CMAKE_INSTALL_LIBDIR}"
            RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}"
            ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}")
    install(EXPORT libdfu-shared-targets NAMESPACE libdfu:: DESTINATION "${package_dir}")
endif()

configure_package_config_file("${PROJECT_SOURCE_DIR}/cmake/libdfu-config.cmake.in"
                              "${PROJECT_BINARY_DIR}/libdfu-config.cmake" INSTALL_DESTINATION "${package_dir}")
# Below 1.0 a minor release may change the API, so only patch releases count as compatible.
write_basic_package_version_file("${PROJECT_BINARY_DIR}/libdfu-config-version.cmake"
                                 COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_BINARY_DIR}/libdfu-config.cmake" "${PROJECT_BINARY_DIR}/libdfu-config-version.cmake"
        DESTINATION "${package_dir}")

# The .pc files find their prefix from where they stand, so that an installed tree can be moved (DESTDIR, packages,
# tests in a temporary folder).
file(RELATIVE_PATH pc_to_prefix "/prefix/${CMAKE_INSTALL_LIBDIR}/pkgconfig" "/prefix")
string(REGEX REPLACE "/$" "" pc_to_prefix "${pc_to_prefix}")
if(IS_ABSOLUTE "${CMAKE_INSTALL_LIBDIR}" OR IS_ABSOLUTE "${CMAKE_INSTALL_INCLUDEDIR}")
    set(pc_prefix "${CMAKE_INSTALL_PREFIX}")
    set(pc_libdir "${CMAKE_INSTALL_FULL_LIBDIR}")
    set(pc_includedir "${CMAKE_INSTALL_FULL_INCLUDEDIR}")
else()
    set(pc_prefix "\${pcfiledir}/${pc_to_prefix}")
    set(pc_libdir "\${prefix}/${CMAKE_INSTALL_LIBDIR}")
    set(pc_includedir "\${prefix}/${CMAKE_INSTALL_INCLUDEDIR}")
endif()
# Not Requires.private: it would ask for the -dev packages of libusb, and of what libusb itself is made of, from those
# who only link our shared library, and from those who link our static one with their shared libusb.
set(pc_private_libs "")
set(pc_dirs ${LIBUSB_LIBRARY_DIRS})
list(REMOVE_ITEM pc_dirs ${CMAKE_C_IMPLICIT_LINK_DIRECTORIES})
foreach(dir ${pc_dirs})
    string(APPEND pc_private_libs "-L${dir} ")
endforeach()
foreach(name ${LIBUSB_LIBRARIES} z)
    string(APPEND pc_private_libs "-l${name} ")
endforeach()
string(APPEND pc_private_libs "-pthread")
foreach(name libdfu libdfu-sim)
    configure_file("${PROJECT_SOURCE_DIR}/cmake/${name}.pc.in" "${PROJECT_BINARY_DIR}/${name}.pc" @ONLY)
    install(FILES "${PROJECT_BINARY_DIR}/${name}.pc" DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig")
endforeach()

if(DFU_BUILD_CLI)
    install(TARGETS dfu RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}")
endif()
if(CMAKE_SYSTEM_NAME STREQUAL "Linux")
    set(DFU_UDEV_DIR "lib/udev/rules.d" CACHE STRING "Where the udev rule goes, below the prefix")
    install(FILES "${PROJECT_SOURCE_DIR}/packaging/60-dfu.rules" DESTINATION "${DFU_UDEV_DIR}")
endif()

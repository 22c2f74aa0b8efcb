// Depth as a far light sees the head.
in vec3 position;
uniform mat4 to_light;

void main() {
    gl_Position = to_light * vec4(position, 1.0);
}
